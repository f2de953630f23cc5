/* Cancel in every phase: one END, CANCELLED, the socket closed within 100 ms. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

enum { CLOSE_MS_MAX = 100 };

/* Cancels stream 1 of `caller`; its END and, with a key, the provider's view of it come in time. */
static void cancel_and_check(Caller *caller, const char *key) {
  double began_ms = check_now_ms();
  CHECK_NUMBER(llm_client_cancel(caller->client, 1), LLM_ERROR_OK);
  if (key) free(mock_wait(key, "closed=1"));
  double took_ms = check_now_ms() - began_ms;
  if (took_ms > CLOSE_MS_MAX * check_slower()) {
    check_fail(__FILE__, __LINE__, "closed after %.1f ms", took_ms);
  }
  caller_poll_until_ended(caller, 1);
  CHECK(check_now_ms() - began_ms < 2 * CLOSE_MS_MAX * check_slower());
  CHECK_NUMBER(caller->streams[0].error, LLM_ERROR_CANCELLED);
  char outcome[32];
  CHECK_TEXT(json_text(caller->streams[0].end, "outcome", outcome, sizeof outcome), "cancelled");
  CHECK_NUMBER(llm_client_cancel(caller->client, 1), LLM_ERROR_OK);
  CHECK_NUMBER(caller_poll(caller, 0), 0);
}

static void cancel_ends_once_before_anything(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("at-once", "{\"raw\":[{\"hang\":true}]}");
  caller_start(&caller, 1, "at-once", "");
  cancel_and_check(&caller, NULL);
  caller_free(&caller);
}

/* Fills the queue of a listener that never accepts, so that the next connect waits for ever. */
static int listener_without_room(int *fillers, size_t count, uint16_t *port) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(listener, 0) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
  *port = ntohs(address.sin_port);
  for (size_t i = 0; i < count; i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(fillers[i], (struct sockaddr *)&address, sizeof address);
  }
  return listener;
}

static void cancel_ends_once_while_connecting(void) {
  enum { FILLERS = 4 };
  int fillers[FILLERS];
  uint16_t port = 0;
  int listener = listener_without_room(fillers, FILLERS, &port);
  char request[512];
  Caller caller = caller_open(1, NULL);
  snprintf(request, sizeof request,
           "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
           "\"base_url\":\"http://127.0.0.1:%d/v1\"}",
           port);
  CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", request), LLM_ERROR_OK);
  CHECK_NUMBER(caller_poll(&caller, 200), 0);
  cancel_and_check(&caller, NULL);
  caller_free(&caller);
  close(listener);
  for (size_t i = 0; i < FILLERS; i++) close(fillers[i]);
}

static void cancel_ends_once_while_waiting_for_headers(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("headers", "{\"raw\":[{\"hang\":true}]}");
  caller_start(&caller, 1, "headers", "");
  free(mock_wait("headers", "requests=1"));
  cancel_and_check(&caller, "headers");
  CHECK_NUMBER(caller.streams[0].starts, 0);
  caller_free(&caller);
}

static void cancel_ends_once_between_tokens(void) {
  Caller caller = caller_open(1, NULL);
  caller_start(&caller, 1, "tokens~1000~20~cancel", "");
  caller_poll_until_text(&caller, 1, 1);
  cancel_and_check(&caller, "tokens~1000~20~cancel");
  CHECK(caller.streams[0].length > 0);
  caller_free(&caller);
}

static void cancel_ends_once_in_a_silent_body(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("silent", MOCK_CUT_STREAM("{\"token\":\"one\"},{\"hang\":true}"));
  caller_start(&caller, 1, "silent", "");
  caller_poll_until_text(&caller, 1, 3);
  cancel_and_check(&caller, "silent");
  CHECK_TEXT(caller.streams[0].text, "one");
  caller_free(&caller);
}

static void cancel_ends_once_in_a_whole_response(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("whole-cancel",
            "{\"raw\":[{\"head\":{\"status\":200,\"headers\":[[\"content-type\","
            "\"application/json\"],[\"content-length\",\"1000\"]]}},{\"write\":\"{\"},"
            "{\"signal\":\"begun\"},{\"hang\":true}]}");
  caller_start(&caller, 1, "whole-cancel", ",\"stream\":false");
  free(mock_wait("whole-cancel", "signal=begun"));
  cancel_and_check(&caller, "whole-cancel");
  caller_free(&caller);
}

static void cancel_ends_once_before_a_retry(void) {
  Caller caller =
      caller_open(1, "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"retries_max\":5}");
  mock_plan("retry-sleep",
            "{\"status\":429,\"headers\":[[\"retry-after\",\"30\"]],\"body\":\"{}\"}");
  caller_start(&caller, 1, "retry-sleep", "");
  free(mock_wait("retry-sleep", "requests=1"));
  CHECK_NUMBER(caller_poll(&caller, 200), 0);
  cancel_and_check(&caller, NULL);
  char *seen = mock_seen("retry-sleep");
  CHECK(strstr(strstr(seen, "\"method\"") + 1, "\"method\"") == NULL);
  free(seen);
  caller_free(&caller);
}

static void cancel_after_the_end_is_nothing(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("done", "{\"answer\":{\"text\":\"done\"}}");
  caller_start(&caller, 1, "done", "");
  caller_poll_until_ended(&caller, 1);
  for (int i = 0; i < 3; i++) CHECK_NUMBER(llm_client_cancel(caller.client, 1), LLM_ERROR_OK);
  CHECK_NUMBER(caller_poll(&caller, 0), 0);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
  caller_free(&caller);
}

static void *cancel_many_times(void *client) {
  for (int i = 0; i < 1000; i++) CHECK_NUMBER(llm_client_cancel(client, 1), LLM_ERROR_OK);
  return NULL;
}

static void cancel_from_other_threads_ends_once(void) {
  pthread_t threads[4];
  Caller caller = caller_open(1, NULL);
  caller_start(&caller, 1, "tokens~1000~20~threads", "");
  caller_poll_until_text(&caller, 1, 1);
  for (size_t i = 0; i < CHECK_COUNT(threads); i++) {
    CHECK(pthread_create(&threads[i], NULL, cancel_many_times, caller.client) == 0);
  }
  caller_poll_until_ended(&caller, 1);
  for (size_t i = 0; i < CHECK_COUNT(threads); i++) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_CANCELLED);
  CHECK_NUMBER(caller_poll(&caller, 0), 0);
  caller_free(&caller);
}

/* Random cancels of responses that are just completing: exactly one END each, one of the two. */
static void cancel_races_completion(void) {
  enum { STREAMS = 100, ROUNDS = 20 };
  unsigned seed = 7;
  size_t cancelled = 0;
  Caller caller = caller_open(STREAMS, NULL);
  mock_plan("race", "{\"answer\":{\"text\":\"one two three\"}}");
  for (int round = 0; round < ROUNDS; round++) {
    for (uint64_t stream = 1; stream <= STREAMS; stream++)
      caller_start(&caller, stream, "race", "");
    while (caller.ended < STREAMS) {
      caller_poll(&caller, 1);
      for (int i = 0; i < 8; i++) {
        uint64_t victim = (uint64_t)(rand_r(&seed) % STREAMS) + 1;
        CHECK_NUMBER(llm_client_cancel(caller.client, victim), LLM_ERROR_OK);
      }
    }
    CHECK_NUMBER(caller_poll(&caller, 0), 0);
    for (uint64_t stream = 1; stream <= STREAMS; stream++) {
      LlmError error = caller.streams[stream - 1].error;
      CHECK(error == LLM_ERROR_OK || error == LLM_ERROR_CANCELLED);
      if (error == LLM_ERROR_OK) CHECK_TEXT(caller.streams[stream - 1].text, "one two three");
      cancelled += error == LLM_ERROR_CANCELLED;
      caller_forget(&caller, stream);
    }
  }
  CHECK(cancelled > 0 && cancelled < (size_t)STREAMS * ROUNDS);
  caller_free(&caller);
}

const CheckTest cancel_tests[] = {
    {"cancel_ends_once_before_anything", cancel_ends_once_before_anything, 0},
    {"cancel_ends_once_while_connecting", cancel_ends_once_while_connecting, 0},
    {"cancel_ends_once_while_waiting_for_headers", cancel_ends_once_while_waiting_for_headers, 0},
    {"cancel_ends_once_between_tokens", cancel_ends_once_between_tokens, 0},
    {"cancel_ends_once_in_a_silent_body", cancel_ends_once_in_a_silent_body, 0},
    {"cancel_ends_once_in_a_whole_response", cancel_ends_once_in_a_whole_response, 0},
    {"cancel_ends_once_before_a_retry", cancel_ends_once_before_a_retry, 0},
    {"cancel_after_the_end_is_nothing", cancel_after_the_end_is_nothing, 0},
    {"cancel_from_other_threads_ends_once", cancel_from_other_threads_ends_once, 0},
    {"cancel_races_completion", cancel_races_completion, 60},
};
SUITE_END(cancel)
