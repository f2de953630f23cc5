/* What streams of a client deliver: echo, order, one START and one END, errors, whole receipts. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

static void echo(void) {
  char field[64];
  Caller caller = caller_open(1, NULL);
  mock_plan("echo", "{\"answer\":{\"text\":\"Hello wide world\"}}");
  caller_start(&caller, 1, "echo", "");
  caller_poll_until_ended(&caller, 1);
  Transcript *echoed = &caller.streams[0];
  CHECK_NUMBER(echoed->error, LLM_ERROR_OK);
  CHECK_NUMBER(echoed->starts, 1);
  CHECK_TEXT(echoed->text, "Hello wide world");
  CHECK_NUMBER(echoed->deltas, 3);
  CHECK_TEXT(json_text(echoed->start, "provider", field, sizeof field), "openai");
  CHECK_HOLDS(json_find(echoed->start, "warnings"), "[]");
  CHECK_TEXT(json_text(echoed->end, "outcome", field, sizeof field), "complete");
  CHECK_TEXT(json_text(echoed->end, "finish_reason", field, sizeof field), "stop");
  CHECK(json_number(echoed->end, "output_tokens") > 0);
  CHECK(json_number(echoed->end, "total_ms") >= json_number(echoed->end, "first_token_ms"));
  CHECK_NUMBER(json_number(echoed->end, "attempts"), 1);
  CHECK(json_find(echoed->end, "error") == NULL);
  caller_free(&caller);
}

/* Concurrent streams: each has its own text in order, and nothing of another's. */
static void order(void) {
  enum { STREAMS = 8, TOKENS = 100 };
  Caller caller = caller_open(STREAMS, NULL);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    char key[32];
    char steps[4096] = "{\"answer\":{\"text\":\"";
    size_t length = strlen(steps);
    for (int token = 0; token < TOKENS; token++) {
      length +=
          (size_t)snprintf(steps + length, sizeof steps - length, "%d:%d ", (int)stream, token);
    }
    snprintf(steps + length, sizeof steps - length, "\"}}");
    snprintf(key, sizeof key, "order-%d", (int)stream);
    mock_plan(key, steps);
  }
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    char key[32];
    snprintf(key, sizeof key, "order-%d", (int)stream);
    caller_start(&caller, stream, key, "");
  }
  caller_poll_until_ended(&caller, STREAMS);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    const char *at = caller.streams[stream - 1].text;
    CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_OK);
    for (int token = 0; token < TOKENS; token++) {
      char *after = NULL;
      CHECK_NUMBER(strtol(at, &after, 10), stream);
      CHECK_NUMBER(strtol(after + 1, &after, 10), token);
      at = after + 1;
    }
    CHECK_TEXT(at, "");
  }
  caller_free(&caller);
}

/* One END per accepted start, and after it the number is free again. */
static void a_number_is_free_after_its_end(void) {
  Caller caller = caller_open(2, NULL);
  mock_plan("again", "{\"answer\":{\"text\":\"again\"}}");
  for (int round = 0; round < 50; round++) {
    caller_start(&caller, 1, "again", "");
    caller_start(&caller, 2, "again", "");
    caller_poll_until_ended(&caller, 2);
    for (uint64_t stream = 1; stream <= 2; stream++) {
      CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_OK);
      CHECK_TEXT(caller.streams[stream - 1].text, "again");
      caller_forget(&caller, stream);
    }
  }
  CHECK_NUMBER(caller_poll(&caller, 0), 0);
  caller_free(&caller);
}

/* Rule 6: the END must have been polled; that it waits in the queue is not enough. */
static void a_number_is_in_use_until_its_end_was_polled(void) {
  uint64_t count = 0;
  int wake_fd = eventfd(0, EFD_CLOEXEC);
  CHECK(wake_fd >= 0);
  Caller caller = caller_open_with_wake(1, NULL, llm_wake_fd, (void *)(intptr_t)wake_fd);
  CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", "no JSON"), LLM_ERROR_OK);
  /* Its END is its only event. */
  CHECK_NUMBER(read(wake_fd, &count, sizeof count), sizeof count);
  CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", "{}"), LLM_ERROR_INVALID_ARGUMENT);
  CHECK_HOLDS(llm_last_error(), "in use");
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_INVALID_REQUEST);
  caller_forget(&caller, 1);
  CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", "no JSON"), LLM_ERROR_OK);
  caller_poll_until_ended(&caller, 1);
  caller_free(&caller);
  close(wake_fd);
}

typedef struct ErrorKind {
  const char *step;
  const char *more;
  LlmError error;
  int status;
} ErrorKind;

#define STATUS(status) "{\"status\":" #status ",\"error\":{\"message\":\"no\",\"type\":\"t\"}}", ""
#define FAULT(name) "{\"fault\":\"" name "\"}", ""

static void error_kinds(void) {
  static const ErrorKind rows[] = {
      {STATUS(400), LLM_ERROR_INVALID_REQUEST, 400},
      {STATUS(401), LLM_ERROR_AUTHENTICATION, 401},
      {STATUS(403), LLM_ERROR_PERMISSION, 403},
      {STATUS(404), LLM_ERROR_NOT_FOUND, 404},
      {STATUS(429), LLM_ERROR_RATE_LIMITED, 429},
      {"{\"status\":429,\"error\":{\"message\":\"no\",\"type\":\"insufficient_quota\","
       "\"code\":\"insufficient_quota\"}}",
       "", LLM_ERROR_QUOTA_EXCEEDED, 429},
      {STATUS(500), LLM_ERROR_PROVIDER, 500},
      {STATUS(529), LLM_ERROR_OVERLOADED, 529},
      {"{\"before_request\":[{\"reset\":true}]}", "", LLM_ERROR_NETWORK, -1},
      {"{\"raw\":[{\"hang\":true}]}", ",\"headers_timeout_ms\":50", LLM_ERROR_TIMEOUT, -1},
      {FAULT("F30"), LLM_ERROR_TRUNCATED, -2},
      {FAULT("F39"), LLM_ERROR_PROTOCOL, -2},
      {MOCK_CUT_STREAM("{\"chunk\":\"data: \"},{\"bytes\":67108864,\"of\":\"x\"}"), "",
       LLM_ERROR_TOO_LARGE, -2},
  };
  Caller caller = caller_open(1, NULL);
  for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
    char kind[64];
    char outcome[64];
    mock_plan("kinds", rows[i].step);
    caller_start(&caller, 1, "kinds", rows[i].more);
    caller_poll_until_ended(&caller, 1);
    const Transcript *failed = &caller.streams[0];
    if (failed->error != rows[i].error) {
      check_fail(__FILE__, __LINE__, "%s: %s", rows[i].step, failed->end);
    }
    CHECK_TEXT(json_text(failed->end, "kind", kind, sizeof kind), llm_error_name(failed->error));
    CHECK_TEXT(json_text(failed->end, "outcome", outcome, sizeof outcome),
               failed->error == LLM_ERROR_TRUNCATED ? "truncated" : "failed");
    if (rows[i].status != -2) CHECK_NUMBER(json_number(failed->end, "status"), rows[i].status);
    caller_forget(&caller, 1);
  }
  caller_free(&caller);
}

/* Bad requests arrive as END, name the field, and cause no I/O; the next stream works. */
static void bad_requests_end_before_any_io(void) {
#define START "{\"base_url\":\"%s\",\"api_key\":\"test-key\","
#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
  static const struct {
    const char *format;
    const char *names;
  } rows[] = {
      {"", "JSON"},
      {"not json %s", "JSON"},
      {START "\"model\":\"m\"}", "messages"},
      {START "\"model\":\"m\",\"messages\":[]}", "messages"},
      {START MESSAGES "}", "model"},
      {START "\"model\":7," MESSAGES "}", "model"},
      {START "\"model\":\"m\"," MESSAGES ",\"max_tokens\":\"many\"}", "max_tokens"},
      {START "\"model\":\"m\"," MESSAGES ",\"temperature\":{}}", "temperature"},
      {"{\"base_url\":\"%s\",\"api_key\":\"a\\nb\",\"model\":\"m\"," MESSAGES "}", "api_key"},
      {"{\"base_url\":\"nonsense %s\",\"api_key\":\"k\",\"model\":\"m\"," MESSAGES "}", "base_url"},
  };
  Caller caller = caller_open(1, NULL);
  mock_plan("bad", "{\"answer\":{\"text\":\"good\"}}");
  for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
    char url[256];
    char request[1024];
    mock_base_url("bad", url, sizeof url);
    snprintf(request, sizeof request, rows[i].format, url);
    CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", request), LLM_ERROR_OK);
    caller_poll_until_ended(&caller, 1);
    const Transcript *refused = &caller.streams[0];
    CHECK(refused->error == LLM_ERROR_INVALID_REQUEST || refused->error == LLM_ERROR_CONFIG ||
          refused->error == LLM_ERROR_INVALID_ARGUMENT);
    CHECK_HOLDS(json_find(refused->end, "message"), rows[i].names);
    CHECK_NUMBER(refused->starts, 0);
    caller_forget(&caller, 1);
  }
  caller_start(&caller, 1, "bad", "");
  caller_poll_until_ended(&caller, 1);
  CHECK_TEXT(caller.streams[0].text, "good");
  char *seen = mock_seen("bad");
  CHECK_NUMBER(json_number(seen, "connections_opened"), 1);
  free(seen);
  caller_free(&caller);
}

static void a_retry_is_invisible(void) {
  Caller caller =
      caller_open(1, "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"retries_max\":2}");
  mock_plan("retry",
            "{\"status\":503,\"headers\":[[\"retry-after-ms\",\"1\"]],\"body\":\"\"},"
            "{\"answer\":{\"text\":\"after all\"}}");
  caller_start(&caller, 1, "retry", "");
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
  CHECK_TEXT(caller.streams[0].text, "after all");
  CHECK_NUMBER(json_number(caller.streams[0].end, "attempts"), 2);
  free(mock_wait("retry", "requests=2"));
  caller_free(&caller);
}

/* F43: characters of two, three and four bytes, each byte of the event in an HTTP chunk of its own.
 */
static void characters_are_never_cut(void) {
  static const char text[] = "\xC3\xA9 \xE2\x98\x95 \xE5\xAE\x8C\xE4\xBA\x86 \xF0\x9F\xA6\x80";
  char vector[1024];
  snprintf(vector, sizeof vector, "{\"answer\":{\"text\":\"%s\"},\"cut\":1}", text);
  Caller caller = caller_open(1, NULL);
  mock_plan("characters", vector);
  caller_start(&caller, 1, "characters", "");
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
  CHECK_TEXT(caller.streams[0].text, text);
  caller_free(&caller);
}

/* The network cable: the provider dies while it streams. */
static void a_dead_provider_is_truncated(void) {
  Mock victim = mock_start();
  Caller caller = caller_open(1, NULL);
  caller_start(&caller, 1, "tokens~1000~20~victim", "");
  caller_poll_until_text(&caller, 1, 1);
  double killed_ms = check_now_ms();
  CHECK(kill(victim.pid, SIGKILL) == 0);
  caller_poll_until_ended(&caller, 1);
  CHECK(check_now_ms() - killed_ms < 1000 * check_slower());
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_TRUNCATED);
  CHECK(caller.streams[0].length > 0);
  CHECK(waitpid(victim.pid, NULL, 0) == victim.pid);
  close(victim.stdin_fd);
  caller_free(&caller);
}

const CheckTest streams_tests[] = {
    {"echo", echo, 0},
    {"order", order, 0},
    {"a_number_is_free_after_its_end", a_number_is_free_after_its_end, 0},
    {"a_number_is_in_use_until_its_end_was_polled", a_number_is_in_use_until_its_end_was_polled, 0},
    {"error_kinds", error_kinds, 0},
    {"bad_requests_end_before_any_io", bad_requests_end_before_any_io, 0},
    {"a_retry_is_invisible", a_retry_is_invisible, 0},
    {"characters_are_never_cut", characters_are_never_cut, 0},
    {"a_dead_provider_is_truncated", a_dead_provider_is_truncated, 0},
};
SUITE_END(streams)
