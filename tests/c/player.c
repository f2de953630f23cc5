/* Plays requests for a driver that checks them (tests/faults/test_faults_c.py): one process, any
 * number at once, each in a thread of its own, through the public header only.
 *
 * Input, one command per line, its fields separated by tabs (JSON on one line holds no tab):
 *   stream NUMBER PROVIDER OPTIONS REQUEST   a client of its own: queue, poll, acknowledge
 *   invoke NUMBER PROVIDER OPTIONS REQUEST   llm_invoke, which has no options
 *   stop NUMBER PROVIDER OPTIONS REQUEST     the same, stopped by its callback at the first token
 *   cancel NUMBER                            of a stream that was started
 *
 * Output, one record per line, followed by the bytes that it announces and a line end:
 *   event NUMBER KIND ERROR LENGTH           everything that came, as it came
 *   broken NUMBER 0 0 LENGTH                 a promise of the header that did not hold
 *   done NUMBER MICROSECONDS ERROR LENGTH    how the call ended, and llm_last_error when it failed
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "liter_llm.h"

enum { PLAYS_MAX = 4096 };

typedef struct Play {
  uint64_t number;
  char *line; /* the fields below point into it */
  int is_invoke;
  int stops;
  const char *provider;
  const char *options;
  const char *request;
  double began_ms;
  size_t events; /* but LOG */
  int ended;
} Play;

/* The clients of the live streams, by number; a cancel looks them up. */
static LlmClient *clients[PLAYS_MAX];
static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t output_lock = PTHREAD_MUTEX_INITIALIZER;

static void print_record(const char *what, uint64_t number, uint64_t first, int32_t second,
                         const char *data, size_t length) {
  pthread_mutex_lock(&output_lock);
  printf("%s %" PRIu64 " %" PRIu64 " %" PRId32 " %zu\n", what, number, first, second, length);
  fwrite(data, 1, length, stdout);
  putchar('\n');
  fflush(stdout);
  pthread_mutex_unlock(&output_lock);
}

static void expect(const Play *play, int holds, const char *promise) {
  if (!holds) print_record("broken", play->number, 0, 0, promise, strlen(promise));
}

static uint64_t microseconds(const Play *play) {
  return (uint64_t)((check_now_ms() - play->began_ms) * 1000);
}

static void print_done(const Play *play, uint64_t took_us, LlmError error) {
  const char *data = error == LLM_ERROR_OK ? "{}" : llm_last_error();
  print_record("done", play->number, took_us, error, data, strlen(data));
}

/* Rule 4. */
static void check_run(const Play *play, const LlmEvent *event) {
  uint32_t before = 0;
  for (size_t i = 0; i < event->count; i++) {
    expect(play, event->ends[i] > before, "a delta is empty");
    before = event->ends[i];
  }
  expect(play, event->count > 0 && before == event->length, "the last delta does not end the run");
  expect(play, ((unsigned char)event->data[0] & 0xC0) != 0x80, "a run begins inside a character");
}

/* Rule 4. */
static void check_vectors(const Play *play, const LlmEvent *event) {
  uint32_t before = 0;
  for (size_t i = 0; i < event->count; i++) {
    expect(play, event->ends[i] > before, "a vector is empty");
    expect(play, event->ends[i] % sizeof(float) == 0, "a vector ends inside a number");
    before = event->ends[i];
  }
  expect(play, event->count > 0 && before == event->length, "the last vector does not end the run");
  expect(play, (uintptr_t)event->data % 16 == 0, "vectors stand at an odd address");
}

/* Rules 3, 4 and 5. */
static void take(Play *play, const LlmEvent *event) {
  expect(play, event->data != NULL, "data is NULL");
  print_record("event", play->number, event->kind, event->error, event->data, event->length);
  if (event->kind == LLM_EVENT_LOG) {
    expect(play, event->stream == 0, "LOG has a stream");
    return;
  }
  expect(play, event->stream == play->number, "an event of a stream that was never started");
  expect(play, !play->ended, "an event after END");
  expect(play, event->error == LLM_ERROR_OK || event->kind == LLM_EVENT_END, "an error before END");
  if (event->kind == LLM_EVENT_START) expect(play, play->events == 0, "START is not the first");
  if (event->kind == LLM_EVENT_TEXT || event->kind == LLM_EVENT_REASONING) check_run(play, event);
  if (event->kind == LLM_EVENT_VECTORS) check_vectors(play, event);
  if (event->kind == LLM_EVENT_END) play->ended = 1;
  play->events += 1;
}

static size_t poll_once(Play *play, LlmClient *client, int64_t timeout_ms) {
  const LlmEvent *events = NULL;
  size_t count = llm_client_poll(client, timeout_ms, &events);
  for (size_t i = 0; i < count; i++) {
    take(play, &events[i]);
    if (events[i].stream == 0) continue;
    LlmError error = llm_client_consumed(client, events[i].stream, events[i].length);
    expect(play, error == LLM_ERROR_OK, "bytes are not taken back");
  }
  return count;
}

static void set_client(const Play *play, LlmClient *client) {
  pthread_mutex_lock(&clients_lock);
  clients[play->number] = client;
  pthread_mutex_unlock(&clients_lock);
}

static void cancel(uint64_t number) {
  pthread_mutex_lock(&clients_lock);
  if (clients[number]) llm_client_cancel(clients[number], number);
  pthread_mutex_unlock(&clients_lock);
}

static void play_stream(Play *play) {
  LlmClient *client = NULL;
  LlmError error = llm_client_new(play->options, NULL, NULL, &client);
  play->began_ms = check_now_ms();
  set_client(play, client); /* a cancel may come as soon as the provider has the request */
  if (error == LLM_ERROR_OK) {
    error = llm_client_start(client, play->number, play->provider, play->request);
  }
  while (error == LLM_ERROR_OK && !play->ended) {
    expect(play, poll_once(play, client, -1) > 0, "a poll waited for nothing");
  }
  set_client(play, NULL);
  uint64_t took_us = microseconds(play);
  while (poll_once(play, client, 0) > 0) {
  }
  llm_client_free(client);
  print_done(play, took_us, error);
}

static void take_token(const char *token, size_t length, void *ctx) {
  Play *play = ctx;
  expect(play, length > 0, "a token is empty");
  print_record("event", play->number, LLM_EVENT_TEXT, LLM_ERROR_OK, token, length);
  if (play->stops) expect(play, llm_invoke_stop() == LLM_ERROR_OK, "a stop is refused");
}

static void *run(void *ctx) {
  Play *play = ctx;
  if (play->is_invoke) {
    play->began_ms = check_now_ms();
    LlmError error = llm_invoke(play->provider, play->request, take_token, play);
    print_done(play, microseconds(play), error);
  } else {
    play_stream(play);
  }
  free(play->line);
  free(play);
  return NULL;
}

static char *field(char **rest) {
  char *text = strsep(rest, "\t");
  CHECK(text != NULL);
  return text;
}

/* Parses a command and starts its call in another thread. Takes ownership of the line. */
static void run_command(char *line) {
  char *rest = line;
  const char *what = field(&rest);
  uint64_t number = strtoull(field(&rest), NULL, 10);
  CHECK(number > 0 && number < PLAYS_MAX);
  if (strcmp(what, "cancel") == 0) {
    cancel(number);
    free(line);
    return;
  }
  Play *play = calloc(1, sizeof *play);
  CHECK(play != NULL);
  play->number = number;
  play->line = line;
  play->stops = strcmp(what, "stop") == 0;
  play->is_invoke = play->stops || strcmp(what, "invoke") == 0;
  play->provider = field(&rest);
  play->options = field(&rest);
  play->request = field(&rest);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, run, play) == 0);
  CHECK(pthread_detach(thread) == 0);
}

int main(void) {
  char *line = NULL;
  size_t size = 0;
  ssize_t length;
  while ((length = getline(&line, &size, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    run_command(line);
    line = NULL;
    size = 0;
  }
  free(line);
  return 0;
}
