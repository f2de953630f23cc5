/* Client: one LlmClient and the waker of the JavaScript thread that it belongs to. */
#ifndef LITER_LLM_NODE_CLIENT_H
#define LITER_LLM_NODE_CLIENT_H

#include <liter_llm.h>
#include <node_api.h>

/* Everything but `waker` belongs to the JavaScript thread. */
typedef struct {
  napi_env env;
  napi_threadsafe_function waker;
  LlmClient *core;    /* NULL once it is freed; every llm_ function takes that for closed */
  napi_ref table;     /* a Uint32Array, used again for every poll */
  uint32_t *numbers;  /* its memory */
  size_t numbers_max; /* how many fit */
  char *joined;       /* where the deltas of a run are joined */
  size_t joined_max;
  /* Those of the last poll, while `deliver` runs. */
  const LlmEvent *events;
  size_t events_count;
  int references; /* the handle and the waker */
} Client;

/* A handle for a new client, or NULL when its options are refused: llm_last_error has the reason.
 * After each wake `deliver` is called once with all events of one poll: see events.h. `resource` is
 * the object that stands for the client in node:async_hooks. */
napi_value client_create(napi_env env, const char *options_json, napi_value deliver,
                         napi_value resource);

/* Whether the client keeps the event loop, and so the process, alive. At first it does not. */
void client_set_ref(Client *client, bool has_ref);

/* Frees the core's client and stops the waker. A second call does nothing. */
void client_release(Client *client);

#endif
