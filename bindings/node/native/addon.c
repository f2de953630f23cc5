/* The N-API side of Liter-LLM: what JavaScript may say to a client, and the module itself.
 *
 * There is no state but that of each client, so any number of environments (the main thread and
 * workers) may load this module at the same time. lib/native.cjs is the only caller; it passes what
 * it made itself, so arguments are not checked further than N-API does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define ARGUMENTS_MAX 3
#define REQUEST_ON_STACK_BYTES 4096

typedef struct {
  napi_value values[ARGUMENTS_MAX];
  Client *client;
} Arguments;

static napi_value number(napi_env env, int64_t value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

static napi_value text(napi_env env, const char *value) {
  napi_value result = NULL;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

/* Reads arguments; the first one is a client, unless it is no handle. */
static bool read_arguments(napi_env env, napi_callback_info info, Arguments *arguments) {
  size_t count = ARGUMENTS_MAX;
  void *client = NULL;
  napi_valuetype type = napi_undefined;
  if (napi_get_cb_info(env, info, &count, arguments->values, NULL, NULL) != napi_ok) return false;
  if (napi_typeof(env, arguments->values[0], &type) != napi_ok) return false;
  if (type == napi_external) napi_get_value_external(env, arguments->values[0], &client);
  arguments->client = client;
  return true;
}

static bool read_client(napi_env env, napi_callback_info info, Arguments *arguments) {
  return read_arguments(env, info, arguments) && arguments->client != NULL;
}

/* The value as NUL-terminated UTF-8: in `room` when it fits, else to be freed by the caller. */
static char *read_text(napi_env env, napi_value value, char *room, size_t room_bytes) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;
  char *bytes = length < room_bytes ? room : malloc(length + 1);
  if (bytes == NULL) return NULL;
  napi_get_value_string_utf8(env, value, bytes, length + 1, &length);
  return bytes;
}

/* outside(function): what it returns, called as the event loop would call it: in no context of
 * AsyncLocalStorage. N-API has this for calls that belong to no operation. */
static napi_value outside(napi_env env, napi_callback_info info) {
  Arguments arguments;
  napi_value receiver = NULL;
  napi_value result = NULL;
  if (!read_arguments(env, info, &arguments)) return NULL;
  if (napi_create_object(env, &receiver) != napi_ok) return NULL;
  napi_make_callback(env, NULL, receiver, arguments.values[0], 0, NULL, &result);
  return result;
}

/* create(optionsJson, ring, resource): a handle, or undefined when the options are refused. */
static napi_value create(napi_env env, napi_callback_info info) {
  Arguments arguments;
  char room[REQUEST_ON_STACK_BYTES];
  if (!read_arguments(env, info, &arguments)) return NULL;
  char *options = read_text(env, arguments.values[0], room, sizeof room);
  if (options == NULL) return NULL;
  napi_value handle = client_create(env, options, arguments.values[1], arguments.values[2]);
  if (options != room) free(options);
  return handle;
}

/* start(handle, number, requestJson): 0, or the number of an error. */
static napi_value start(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  char room[REQUEST_ON_STACK_BYTES];
  if (!read_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  char *request = read_text(env, arguments.values[2], room, sizeof room);
  LlmError error = llm_client_start(arguments.client->core, stream, "", request);
  if (request != room) free(request);
  return number(env, error);
}

/* cancel(handle, number) */
static napi_value cancel(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  if (!read_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  llm_client_cancel(arguments.client->core, stream);
  return NULL;
}

/* consumed(handle, number, bytes) */
static napi_value consumed(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint32_t stream = 0;
  int64_t bytes = 0;
  if (!read_client(env, info, &arguments)) return NULL;
  if (napi_get_value_uint32(env, arguments.values[1], &stream) != napi_ok) return NULL;
  if (napi_get_value_int64(env, arguments.values[2], &bytes) != napi_ok) return NULL;
  llm_client_consumed(arguments.client->core, stream, (size_t)bytes);
  return NULL;
}

/* hold(handle, whether): whether the client keeps the process alive. */
static napi_value hold(napi_env env, napi_callback_info info) {
  Arguments arguments;
  bool whether = false;
  if (!read_client(env, info, &arguments)) return NULL;
  if (napi_get_value_bool(env, arguments.values[1], &whether) != napi_ok) return NULL;
  client_hold(arguments.client, whether);
  return NULL;
}

/* close(handle): every live stream ends with CLOSED. */
static napi_value close_client(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (read_client(env, info, &arguments)) llm_client_close(arguments.client->core);
  return NULL;
}

/* release(handle): frees the client; the handle can still be passed, and does nothing. */
static napi_value release(napi_env env, napi_callback_info info) {
  Arguments arguments;
  if (read_client(env, info, &arguments)) client_release(arguments.client);
  return NULL;
}

/* lastError(): JSON about this thread's last refused create or start. */
static napi_value last_error(napi_env env, napi_callback_info info) {
  (void)info;
  return text(env, llm_last_error());
}

/* A core that is older than the header lacks something that is called here. A newer one has all of
 * it, as its number grows with every addition. */
static bool core_fits(napi_env env) {
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
  if (!core_fits(env)) return exports;
  const napi_property_descriptor functions[] = {
      {"outside", NULL, outside, NULL, NULL, NULL, napi_enumerable, NULL},
      {"create", NULL, create, NULL, NULL, NULL, napi_enumerable, NULL},
      {"start", NULL, start, NULL, NULL, NULL, napi_enumerable, NULL},
      {"cancel", NULL, cancel, NULL, NULL, NULL, napi_enumerable, NULL},
      {"consumed", NULL, consumed, NULL, NULL, NULL, napi_enumerable, NULL},
      {"hold", NULL, hold, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, close_client, NULL, NULL, NULL, napi_enumerable, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_enumerable, NULL},
      {"lastError", NULL, last_error, NULL, NULL, NULL, napi_enumerable, NULL},
      {"version", NULL, NULL, NULL, NULL, text(env, llm_version()), napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
