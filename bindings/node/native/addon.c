/* The module: the functions that JavaScript calls on a client, through N-API.
 *
 * There is no state but that of each client, so any number of environments (the main thread and
 * workers) may load this module at the same time. Only lib/native.cjs loads it, and the arguments
 * are made in lib/, so they are not checked further than N-API does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "events.h"

#define ARGUMENTS_MAX 3
#define STACK_BUFFER_BYTES 4096

typedef struct {
  napi_value values[ARGUMENTS_MAX];
  Client *client;
} Arguments;

static napi_value make_number(napi_env env, int64_t value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

static napi_value make_string(napi_env env, const char *value) {
  napi_value result = NULL;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

/* The arguments of a call; the first one is a client where it is a handle. */
static bool get_arguments(napi_env env, napi_callback_info info, Arguments *arguments) {
  size_t count = ARGUMENTS_MAX;
  void *client = NULL;
  napi_valuetype type = napi_undefined;
  if (napi_get_cb_info(env, info, &count, arguments->values, NULL, NULL) != napi_ok) return false;
  if (napi_typeof(env, arguments->values[0], &type) != napi_ok) return false;
  if (type == napi_external) napi_get_value_external(env, arguments->values[0], &client);
  arguments->client = client;
  return true;
}

static bool get_client(napi_env env, napi_callback_info info, Arguments *arguments) {
  return get_arguments(env, info, arguments) && arguments->client != NULL;
}

/* The string as NUL-terminated UTF-8: in `buffer` where it fits, else to be freed by the caller. */
static char *copy_string(napi_env env, napi_value value, char *buffer, size_t buffer_bytes) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, buffer, buffer_bytes, &length) != napi_ok) return NULL;
  /* It was cut only if no other character had room, and none has more than four bytes. */
  if (length + 4 < buffer_bytes) return buffer;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;
  char *bytes = length < buffer_bytes ? buffer : malloc(length + 1);
  if (bytes == NULL) return NULL;
  napi_get_value_string_utf8(env, value, bytes, length + 1, &length);
  return bytes;
}

/* callOutsideContext(function): what the function returns, called as the event loop would call it,
 * in no context of AsyncLocalStorage. N-API has this for calls that belong to no operation. */
static napi_value call_outside_context(napi_env env, napi_callback_info info) {
  Arguments arguments;
  napi_value receiver = NULL;
  napi_value result = NULL;
  if (!get_arguments(env, info, &arguments)) return NULL;
  if (napi_create_object(env, &receiver) != napi_ok) return NULL;
  napi_make_callback(env, NULL, receiver, arguments.values[0], 0, NULL, &result);
  return result;
}

/* create(optionsJson, deliver, resource): a handle, or undefined when the options are refused. */
static napi_value create(napi_env env, napi_callback_info info) {
  Arguments arguments;
  char buffer[STACK_BUFFER_BYTES];
  if (!get_arguments(env, info, &arguments)) return NULL;
  char *options = copy_string(env, arguments.values[0], buffer, sizeof buffer);
  if (options == NULL) return NULL;
  napi_value handle = client_create(env, options, arguments.values[1], arguments.values[2]);
  if (options != buffer) free(options);
  return handle;
}

/* start(handle, stream, requestJson): 0, or the number of an error. */
static napi_value start(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  char buffer[STACK_BUFFER_BYTES];
  if (!get_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  char *request = copy_string(env, arguments.values[2], buffer, sizeof buffer);
  LlmError error = llm_client_start(arguments.client->core, stream, "", request);
  if (request != buffer) free(request);
  return make_number(env, error);
}

/* cancel(handle, stream) */
static napi_value cancel(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  if (!get_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  llm_client_cancel(arguments.client->core, stream);
  return NULL;
}

/* acknowledge(handle, stream, bytes) */
static napi_value acknowledge(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  int64_t bytes = 0;
  if (!get_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  if (napi_get_value_int64(env, arguments.values[2], &bytes) != napi_ok) return NULL;
  llm_client_consumed(arguments.client->core, stream, (size_t)bytes);
  return NULL;
}

/* copyVectors(handle, event, target): whether the vectors of an event were copied. */
static napi_value copy_vectors(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t event = 0;
  napi_value result = NULL;
  if (!get_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &event) != napi_ok) return NULL;
  bool copied = events_copy_vectors(arguments.client, event, arguments.values[2]);
  napi_get_boolean(env, copied, &result);
  return result;
}

/* answer(handle, stream, answerJson): the key that a stream asked for. */
static napi_value answer(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  char buffer[STACK_BUFFER_BYTES];
  if (!get_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  char *text = copy_string(env, arguments.values[2], buffer, sizeof buffer);
  llm_client_answer(arguments.client->core, stream, text);
  if (text != buffer) free(text);
  return NULL;
}

/* setRef(handle, hasRef): whether the client keeps the process alive. */
static napi_value set_ref(napi_env env, napi_callback_info info) {
  Arguments arguments;
  bool has_ref = false;
  if (!get_client(env, info, &arguments)) return NULL;
  if (napi_get_value_bool(env, arguments.values[1], &has_ref) != napi_ok) return NULL;
  client_set_ref(arguments.client, has_ref);
  return NULL;
}

/* close(handle): ends every live stream with CLOSED. */
static napi_value close_client(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (get_client(env, info, &arguments)) llm_client_close(arguments.client->core);
  return NULL;
}

/* release(handle): frees the client; a later call with the handle does nothing. */
static napi_value release(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (get_client(env, info, &arguments)) client_release(arguments.client);
  return NULL;
}

/* lastError(): why this thread's last create or start was refused, as JSON. */
static napi_value last_error(napi_env env, napi_callback_info info) {
  (void)info;
  return make_string(env, llm_last_error());
}

/* A core that is older than the header lacks a function that is called here. A newer one has all of
 * them, because its number grows with every addition. */
static bool check_abi_version(napi_env env) {
  char message[160];
  uint32_t version = llm_abi_version();
  if (version >= LLM_ABI_VERSION) return true;
  snprintf(message, sizeof message,
           "liter-llm: the native core has ABI version %u, and the addon was built for %u; "
           "build the addon again with `npm run build`",
           (unsigned)version, (unsigned)LLM_ABI_VERSION);
  napi_throw_error(env, NULL, message);
  return false;
}

NAPI_MODULE_INIT() {
  if (!check_abi_version(env)) return exports;
  const napi_property_descriptor functions[] = {
      {"callOutsideContext", NULL, call_outside_context, NULL, NULL, NULL, napi_enumerable, NULL},
      {"create", NULL, create, NULL, NULL, NULL, napi_enumerable, NULL},
      {"start", NULL, start, NULL, NULL, NULL, napi_enumerable, NULL},
      {"answer", NULL, answer, NULL, NULL, NULL, napi_enumerable, NULL},
      {"cancel", NULL, cancel, NULL, NULL, NULL, napi_enumerable, NULL},
      {"acknowledge", NULL, acknowledge, NULL, NULL, NULL, napi_enumerable, NULL},
      {"copyVectors", NULL, copy_vectors, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setRef", NULL, set_ref, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, close_client, NULL, NULL, NULL, napi_enumerable, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_enumerable, NULL},
      {"lastError", NULL, last_error, NULL, NULL, NULL, napi_enumerable, NULL},
      {"version", NULL, NULL, NULL, NULL, make_string(env, llm_version()), napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
