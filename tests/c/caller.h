/* A host of the library: one client, the streams 1..count, and a transcript of each. It checks on
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

typedef struct Host {
  LlmClient *client;
  Transcript *streams; /* streams[n - 1] is stream n */
  size_t count;
  size_t ended;
  int keeps_window_shut; /* never calls llm_client_consumed */
} Host;

/* Makes a client (options NULL: MOCK_OPTIONS) without a bell, for streams 1..count. */
Host host_open(size_t count, const char *options);

/* The same with a bell. */
Host host_open_with_bell(size_t count, const char *options, llm_wake_callback wake, void *ctx);

/* Starts stream number `stream` for the mock's key; `more` are further fields of the request. */
void host_start(Host *host, uint64_t stream, const char *key, const char *more);

/* Polls once and records; returns how many events there were. */
size_t host_poll(Host *host, int64_t timeout_ms);

/* Polls until so many streams have ended in all. */
void host_poll_until_ended(Host *host, size_t ended);

/* Polls until that stream has delivered so many bytes of text. */
void host_poll_until_text(Host *host, uint64_t stream, size_t bytes);

/* Forgets what a stream said, so that its number can be used again. */
void host_forget(Host *host, uint64_t stream);

/* Frees client and transcripts. */
void host_free(Host *host);

#ifdef __cplusplus
}
#endif

#endif
