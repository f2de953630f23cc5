/* Owns a client's life. The core's bell is a threadsafe function of Node with a queue of one: a
 * ring never blocks and never gets lost, because one ring brings everything that there is.
 *
 * An environment may end at any time (process.exit, worker.terminate) with streams live. Its
 * cleanup hooks run last in, first out, and ours is registered after the threadsafe function has
 * registered its own: so the core is freed, and the bell silent, before that goes. */
#include "client.h"

#include <stdlib.h>

#include "events.h"

/* On a thread of the core. A full queue means that a ring is on its way already. */
static void ring_bell(void *context) {
  Client *client = context;
  napi_call_threadsafe_function(client->bell, NULL, napi_tsfn_nonblocking);
}

/* On the JavaScript thread. */
static void answer_bell(napi_env env, napi_value ring, void *context, void *data) {
  Client *client = context;
  const LlmEvent *events = NULL;
  napi_value receiver = NULL;
  napi_value arguments[2];
  (void)data;
  if (env == NULL || client->core == NULL) return;
  size_t count = llm_client_poll(client->core, 0, &events);
  if (count == 0 || !events_describe(client, events, count, arguments)) return;
  /* Streams that end may release the client in here; the struct outlives the bell. */
  napi_get_undefined(env, &receiver);
  napi_call_function(env, receiver, ring, 2, arguments, NULL);
}

static void let_go(Client *client) {
  if (--client->holders == 0) free(client);
}

static void bell_is_gone(napi_env env, void *data, void *context) {
  (void)env;
  (void)data;
  let_go(context);
}

static void handle_is_gone(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  client_release(data);
  let_go(data);
}

/* Waits until the core has let go of every stream, after which it never rings again. */
static void free_core(void *data) {
  Client *client = data;
  llm_client_free(client->core);
  client->core = NULL;
}

static bool make_bell(Client *client, napi_value ring, napi_value resource) {
  napi_value name;
  napi_create_string_utf8(client->env, "liter-llm", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(client->env, ring, resource, name, 1, 1, NULL, bell_is_gone,
                                      client, answer_bell, &client->bell) != napi_ok) {
    return false;
  }
  napi_unref_threadsafe_function(client->env, client->bell);
  return true;
}

napi_value client_create(napi_env env, const char *options_json, napi_value ring,
                         napi_value resource) {
  napi_value handle = NULL;
  Client *client = calloc(1, sizeof *client);
  if (client == NULL) return NULL;
  client->env = env;
  client->holders = 1;
  if (!make_bell(client, ring, resource)) {
    free(client);
    return NULL;
  }
  if (llm_client_new(options_json, ring_bell, client, &client->core) != LLM_ERROR_OK) {
    napi_release_threadsafe_function(client->bell, napi_tsfn_abort);
    return NULL;
  }
  napi_add_env_cleanup_hook(env, free_core, client);
  client->holders = 2;
  if (napi_create_external(env, client, handle_is_gone, NULL, &handle) != napi_ok) {
    client_release(client);
    let_go(client);
    return NULL;
  }
  return handle;
}

void client_hold(Client *client, bool whether) {
  if (client->core == NULL) return;
  if (whether) {
    napi_ref_threadsafe_function(client->env, client->bell);
  } else {
    napi_unref_threadsafe_function(client->env, client->bell);
  }
}

void client_release(Client *client) {
  if (client->core == NULL) return;
  napi_remove_env_cleanup_hook(client->env, free_core, client);
  free_core(client);
  events_forget(client);
  napi_release_threadsafe_function(client->bell, napi_tsfn_abort);
}
