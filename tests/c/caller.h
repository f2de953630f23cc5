/* A caller of the library: one client, the streams 1..count, and a transcript of each. It checks on
 * every event what the contract promises of every event. */
#ifndef CALLER_H
#define CALLER_H

#include "liter_llm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Transcript {
  size_t starts;
  size_t ends;
  size_t deltas;
  size_t runs;
  char *text; /* NUL-terminated beyond `length` */
  size_t length;
  LlmError error; /* of END */
  char *start;    /* JSON of START */
  char *end;      /* JSON of END */
} Transcript;

typedef struct Caller {
  LlmClient *client;
  Transcript *streams; /* streams[n - 1] is stream n */
  size_t count;
  size_t ended;
  int keeps_window_shut; /* never calls llm_client_consumed */
} Caller;

/* Makes a client (options NULL: MOCK_OPTIONS) without a wake callback, for streams 1..count. */
Caller caller_open(size_t count, const char *options);

/* The same with one. */
Caller caller_open_with_wake(size_t count, const char *options, llm_wake_callback wake, void *ctx);

/* Starts stream number `stream` for the mock's key; `more` are further fields of the request. */
void caller_start(Caller *caller, uint64_t stream, const char *key, const char *more);

/* Polls once and records; returns how many events there were. */
size_t caller_poll(Caller *caller, int64_t timeout_ms);

/* Polls until so many streams have ended in all. */
void caller_poll_until_ended(Caller *caller, size_t ended);

/* Polls until that stream has delivered so many bytes of text. */
void caller_poll_until_text(Caller *caller, uint64_t stream, size_t bytes);

/* Clears a stream's transcript, so that its number can be used again. */
void caller_forget(Caller *caller, uint64_t stream);

/* Frees client and transcripts. */
void caller_free(Caller *caller);

#ifdef __cplusplus
}
#endif

#endif
