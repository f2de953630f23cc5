/* Client: one LlmClient with the bell that wakes the JavaScript thread it belongs to. */
#ifndef LITER_LLM_NODE_CLIENT_H
#define LITER_LLM_NODE_CLIENT_H

#include <liter_llm.h>
#include <node_api.h>

/* Everything but `bell` belongs to the JavaScript thread. */
typedef struct {
  napi_env env;
  napi_threadsafe_function bell;
  LlmClient *core;    /* NULL once it is freed; every llm_ function takes that for closed */
  napi_ref table;     /* a Uint32Array, used again for every poll */
  uint32_t *numbers;  /* its memory */
  size_t numbers_max; /* how many fit */
  int holders;        /* the handle and the bell */
} Client;

/* A handle for a new client, or NULL: then llm_last_error says why. Each time that there is
 * something, `ring` is called with all of it: see events.h. `resource` is an object that stands for
 * the client in node:async_hooks. */
napi_value client_create(napi_env env, const char *options_json, napi_value ring,
                         napi_value resource);

/* Whether the client keeps the event loop, and so the process, alive. At first it does not. */
void client_hold(Client *client, bool whether);

/* Frees the core's side and silences the bell. A second time is fine. */
void client_release(Client *client);

#endif
