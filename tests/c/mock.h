/* The mock provider as a child process, and its control API (tests/mock). */
#ifndef MOCK_H
#define MOCK_H

#include <stddef.h>
#include <sys/types.h>

#include "check.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Steps of a plan: a stream whose body is the given actions; with its proper end, and without. */
#define MOCK_CUT_STREAM(actions)                                                                \
  "{\"raw\":[{\"head\":{\"status\":200,\"headers\":[[\"content-type\",\"text/event-stream\"]]," \
  "\"chunked\":true}}," actions "]}"
#define MOCK_STREAM(actions) \
  MOCK_CUT_STREAM(actions ",{\"finish\":\"stop\"},{\"done\":true},{\"chunk_end\":true}")

typedef struct Mock {
  pid_t pid;
  int port;
  int stdin_fd; /* the mock ends when the last copy of this is closed */
} Mock;

/* Starts LITER_LLM_MOCK and makes it the one that the functions below use. */
Mock mock_start(void);

/* check_main with a mock provider that runs as long. */
int mock_check_main(const CheckTest *tests, size_t count, int argc, char **argv);

/* How the stream requests of `key` are served: the steps of a plan, comma-separated JSON.
 */
void mock_plan(const char *key, const char *steps);

/* Waits until the mock has seen what `query` names ("requests=1&closed=1"); the document that it
 * gives, to be freed. Fails the test when that has not happened after 5 s. */
char *mock_wait(const char *key, const char *query);

/* The same, but returns whether it happened before `timeout_ms`; the document is dropped. */
int mock_happens(const char *key, const char *query, int timeout_ms);

/* What the mock has seen under `key`, to be freed. */
char *mock_seen(const char *key);

void mock_signal(const char *key, const char *name);

/* Writes the base URL of `key` ("http://127.0.0.1:4711/key/v1"); returns buffer. */
char *mock_base_url(const char *key, char *buffer, size_t size);

/* Writes a request for `key`: model, one message, base URL, and `more` (such as ",\"seed\":1"). */
char *mock_request(const char *key, const char *more, char *buffer, size_t size);

/* Options of a client of the mock; retries are off. */
extern const char *const MOCK_OPTIONS;

#ifdef __cplusplus
}
#endif

#endif
