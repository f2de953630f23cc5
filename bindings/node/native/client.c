/* Owns a client's life. Its waker is a threadsafe function of Node.js with a queue of one: a wake
 * never blocks and is never lost, because the poll that follows returns everything there is.
 *
 * An environment may end at any time (process.exit, worker.terminate) while streams are live. Its
 * cleanup hooks run last in, first out, and ours is registered after the threadsafe function has
 * registered its own: so the core's client is freed, and wakes no more, before that goes. */
#include "client.h"

#include <stdlib.h>

#include "events.h"

/* On a thread of the core. A full queue means that a wake is on its way already. */
static void wake(void *context) {
  Client *client = context;
  napi_call_threadsafe_function(client->waker, NULL, napi_tsfn_nonblocking);
}

/* On the JavaScript thread. */
static void poll_and_deliver(napi_env env, napi_value deliver, void *context, void *data) {
  Client *client = context;
  const LlmEvent *events = NULL;
  napi_value receiver = NULL;
  napi_value arguments[2];
  (void)data;
  if (env == NULL || client->core == NULL) return;
  size_t count = llm_client_poll(client->core, 0, &events);
  if (count == 0 || !events_to_js(client, events, count, arguments)) return;
  /* Streams that end may release the client in here; the struct outlives the waker. */
  napi_get_undefined(env, &receiver);
  client->events = events;
  client->events_count = count;
  napi_call_function(env, receiver, deliver, 2, arguments, NULL);
  client->events_count = 0;
}

static void drop_reference(Client *client) {
  if (--client->references > 0) return;
  events_drop_joined(client);
  free(client);
}

static void finalize_waker(napi_env env, void *data, void *context) {
  (void)env;
  (void)data;
  drop_reference(context);
}

static void finalize_handle(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  client_release(data);
  drop_reference(data);
}

/* Waits until every stream has ended, after which the core never wakes again. */
static void free_core(void *data) {
  Client *client = data;
  llm_client_free(client->core);
  client->core = NULL;
  client->events_count = 0;
}

static bool make_waker(Client *client, napi_value deliver, napi_value resource) {
  napi_value name;
  napi_create_string_utf8(client->env, "liter-llm", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(client->env, deliver, resource, name, 1, 1, NULL,
                                      finalize_waker, client, poll_and_deliver,
                                      &client->waker) != napi_ok) {
    return false;
  }
  napi_unref_threadsafe_function(client->env, client->waker);
  return true;
}

napi_value client_create(napi_env env, const char *options_json, napi_value deliver,
                         napi_value resource) {
  napi_value handle = NULL;
  Client *client = calloc(1, sizeof *client);
  if (client == NULL) return NULL;
  client->env = env;
  client->references = 1;
  if (!make_waker(client, deliver, resource)) {
    free(client);
    return NULL;
  }
  if (llm_client_new(options_json, wake, client, &client->core) != LLM_ERROR_OK) {
    napi_release_threadsafe_function(client->waker, napi_tsfn_abort);
    return NULL;
  }
  napi_add_env_cleanup_hook(env, free_core, client);
  client->references = 2;
  if (napi_create_external(env, client, finalize_handle, NULL, &handle) != napi_ok) {
    client_release(client);
    drop_reference(client);
    return NULL;
  }
  return handle;
}

void client_set_ref(Client *client, bool has_ref) {
  if (client->core == NULL) return;
  if (has_ref) {
    napi_ref_threadsafe_function(client->env, client->waker);
  } else {
    napi_unref_threadsafe_function(client->env, client->waker);
  }
}

void client_release(Client *client) {
  if (client->core == NULL) return;
  napi_remove_env_cleanup_hook(client->env, free_core, client);
  free_core(client);
  events_drop_table(client);
  napi_release_threadsafe_function(client->waker, napi_tsfn_abort);
}
