/* Closing and freeing clients that still have something to do. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

enum { STREAMS = 20, FREE_MS_MAX = 1000 };

static void start_all(Caller *caller, const char *key) {
  for (uint64_t stream = 1; stream <= caller->count; stream++)
    caller_start(caller, stream, key, "");
}

static void close_ends_all(void) {
  Caller caller = caller_open(STREAMS, NULL);
  start_all(&caller, "tokens~1000~20~close");
  caller_poll_until_text(&caller, 1, 1);
  CHECK_NUMBER(llm_client_close(caller.client), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_close(caller.client), LLM_ERROR_OK);
  caller_poll_until_ended(&caller, STREAMS);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    char outcome[32];
    const Transcript *closed = &caller.streams[stream - 1];
    CHECK_NUMBER(closed->error, LLM_ERROR_CLOSED);
    CHECK_TEXT(json_text(closed->end, "outcome", outcome, sizeof outcome), "cancelled");
  }
  CHECK_NUMBER(caller_poll(&caller, -1), 0);
  CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", "{}"), LLM_ERROR_CLOSED);
  CHECK_NUMBER(llm_client_cancel(caller.client, 1), LLM_ERROR_OK);
  free(mock_wait("tokens~1000~20~close", "closed=1"));
  caller_free(&caller);
}

static void free_ends_live_streams(void) {
  Caller caller = caller_open(STREAMS, NULL);
  char query[32];
  mock_plan("free", "{\"raw\":[{\"hang\":true}]}");
  start_all(&caller, "free");
  snprintf(query, sizeof query, "requests=%d", STREAMS);
  free(mock_wait("free", query));
  double began_ms = check_now_ms();
  caller_free(&caller);
  CHECK(check_now_ms() - began_ms < FREE_MS_MAX * check_slower());
  snprintf(query, sizeof query, "closed=%d", STREAMS);
  free(mock_wait("free", query));
}

static void free_drops_what_was_not_polled(void) {
  Caller caller = caller_open(STREAMS, NULL);
  mock_plan("unread", "{\"answer\":{\"text\":\"never read\"}}");
  start_all(&caller, "unread");
  char query[32];
  snprintf(query, sizeof query, "requests=%d", STREAMS);
  free(mock_wait("unread", query));
  double began_ms = check_now_ms();
  caller_free(&caller);
  CHECK(check_now_ms() - began_ms < FREE_MS_MAX * check_slower());
}

static void *poll_for_ever(void *client) {
  const LlmEvent *events = NULL;
  while (llm_client_poll(client, -1, &events) > 0) {
  }
  return NULL;
}

static void close_wakes_a_poller(void) {
  pthread_t poller;
  Caller caller = caller_open(1, NULL);
  CHECK(pthread_create(&poller, NULL, poll_for_ever, caller.client) == 0);
  mock_plan("poller", "{\"raw\":[{\"hang\":true}]}");
  caller_start(&caller, 1, "poller", "");
  free(mock_wait("poller", "requests=1"));
  CHECK_NUMBER(llm_client_close(caller.client), LLM_ERROR_OK);
  CHECK(pthread_join(poller, NULL) == 0);
  caller_free(&caller);
}

/* Polls until an event comes, however often another poller was first. */
static void *poll_until_something(void *client) {
  const LlmEvent *events = NULL;
  while (llm_client_poll(client, -1, &events) == 0) {
  }
  return events ? client : NULL;
}

/* Rule 1: one poller at a time; a second one gets 0 at once and does not disturb the first. */
static void a_second_poller_gets_nothing(void) {
  pthread_t poller;
  void *polled = NULL;
  const LlmEvent *events = NULL;
  Caller caller = caller_open(1, NULL);
  CHECK(pthread_create(&poller, NULL, poll_until_something, caller.client) == 0);
  mock_plan("pollers", "{\"answer\":{\"text\":\"one\"}}");
  for (int i = 0; i < 1000; i++) CHECK_NUMBER(llm_client_poll(caller.client, 0, &events), 0);
  caller_start(&caller, 1, "pollers", "");
  CHECK(pthread_join(poller, &polled) == 0);
  CHECK(polled != NULL);
  caller_free(&caller);
}

/* Clients are independent: the end of one does not affect the other. */
static void clients_are_independent(void) {
  Caller first = caller_open(1, NULL);
  Caller second = caller_open(1, NULL);
  mock_plan("independent",
            MOCK_STREAM("{\"token\":\"one \"},{\"await\":\"go\"},{\"token\":\"two\"}"));
  caller_start(&second, 1, "independent", "");
  caller_poll_until_text(&second, 1, 4);
  caller_start(&first, 1, "tokens~1000~20~first", "");
  caller_free(&first);
  mock_signal("independent", "go");
  caller_poll_until_ended(&second, 1);
  CHECK_NUMBER(second.streams[0].error, LLM_ERROR_OK);
  CHECK_TEXT(second.streams[0].text, "one two");
  caller_free(&second);
}

static void clients_come_and_go(void) {
  mock_plan("many", "{\"answer\":{\"text\":\"short\"}}");
  for (int round = 0; round < 100; round++) {
    Caller caller = caller_open(1, NULL);
    caller_start(&caller, 1, "many", "");
    if (round % 2) caller_poll_until_ended(&caller, 1);
    caller_free(&caller);
  }
}

const CheckTest close_tests[] = {
    {"close_ends_all", close_ends_all, 0},
    {"free_ends_live_streams", free_ends_live_streams, 0},
    {"free_drops_what_was_not_polled", free_drops_what_was_not_polled, 0},
    {"close_wakes_a_poller", close_wakes_a_poller, 0},
    {"a_second_poller_gets_nothing", a_second_poller_gets_nothing, 0},
    {"clients_are_independent", clients_are_independent, 0},
    {"clients_come_and_go", clients_come_and_go, 0},
};
SUITE_END(close)
