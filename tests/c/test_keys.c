/* KEY and llm_client_answer: what a stream asks, what an answer does, and every way in which none
 * comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

#define ASK ",\"api_key\":{\"ask\":true}"
#define REFUSED "{\"status\":401,\"error\":{\"message\":\"expired\"}}"
#define GOOD "{\"answer\":{\"text\":\"hello\"}}"

/* What a stream asked: the JSON of the last KEY, and how many came. */
typedef struct Asked {
  char json[512];
  int count;
} Asked;

/* Polls until stream 1 asks or ends, and checks what is true of every KEY. */
static Asked poll_until_asked(Caller *caller) {
  Asked asked = {"", 0};
  while (asked.count == 0 && caller->ended == 0) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(caller->client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      CHECK_NUMBER(events[i].stream, 1);
      if (events[i].kind == LLM_EVENT_END) {
        check_fail(__FILE__, __LINE__, "ended: %.*s", (int)events[i].length, events[i].data);
      }
      if (events[i].kind != LLM_EVENT_KEY) continue;
      CHECK_NUMBER(events[i].error, LLM_ERROR_OK);
      CHECK(events[i].ends == NULL && events[i].count == 0);
      snprintf(asked.json, sizeof asked.json, "%.*s", (int)events[i].length, events[i].data);
      asked.count += 1;
    }
  }
  return asked;
}

static void check_asked(Caller *caller, int attempt, const char *reason) {
  char text[32];
  Asked asked = poll_until_asked(caller);
  CHECK_NUMBER(asked.count, 1);
  CHECK_NUMBER(json_number(asked.json, "attempt"), attempt);
  CHECK_TEXT(json_text(asked.json, "reason", text, sizeof text), reason);
  CHECK_TEXT(json_text(asked.json, "provider", text, sizeof text), "openai");
  CHECK(json_find(asked.json, "model") != NULL);
}

static void answer(Caller *caller, const char *json) {
  CHECK_NUMBER(llm_client_answer(caller->client, 1, json), LLM_ERROR_OK);
}

static void check_end(Caller *caller, LlmError error, const char *message) {
  caller_poll_until_ended(caller, 1);
  CHECK_NUMBER(caller->streams[0].error, error);
  CHECK_HOLDS(caller->streams[0].end, message);
  CHECK_NUMBER(caller_poll(caller, 0), 0);
}

static void key_is_renewed_when_it_expired(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("key-expired", REFUSED "," GOOD);
  caller_start(&caller, 1, "key-expired", ASK);
  check_asked(&caller, 1, "first");
  answer(&caller, "{\"api_key\":\"old-token\"}");
  check_asked(&caller, 2, "rejected");
  answer(&caller, "{\"api_key\":\"new-token\"}");
  check_end(&caller, LLM_ERROR_OK, "\"attempts\":2");
  CHECK_TEXT(caller.streams[0].text, "hello");
  char *seen = mock_seen("key-expired");
  CHECK_HOLDS(seen, "Bearer old-token");
  CHECK_HOLDS(seen, "Bearer new-token");
  free(seen);
  caller_free(&caller);
}

static void key_of_a_client_is_asked_for_too(void) {
  Caller caller = caller_open(1, "{\"api_key\":{\"ask\":true},\"retries_max\":1}");
  mock_plan("key-client",
            "{\"status\":429,\"headers\":[[\"retry-after-ms\",\"1\"]],\"error\":{\"message\":"
            "\"slow\"}}," GOOD);
  caller_start(&caller, 1, "key-client", ",\"api_key\":null");
  check_asked(&caller, 1, "first");
  answer(&caller, "{\"api_key\":\"token\"}");
  check_asked(&caller, 2, "retry");
  answer(&caller, "{\"api_key\":\"token\"}");
  check_end(&caller, LLM_ERROR_OK, "complete");
  caller_free(&caller);
}

/* One path for all that is no key: END. */
static void key_answers_that_are_none_end_the_stream(void) {
  static const struct {
    const char *json;
    LlmError error;
    const char *message;
  } cases[] = {
      {"{\"error\":\"the vault is sealed\"}", LLM_ERROR_AUTHENTICATION, "the vault is sealed"},
      {"not json", LLM_ERROR_INVALID_ARGUMENT, "not JSON"},
      {"{}", LLM_ERROR_INVALID_ARGUMENT, "expected api_key"},
      {"{\"api_key\":\"a\\nb\"}", LLM_ERROR_INVALID_ARGUMENT, "line break"},
      {"{\"aws_access_key_id\":\"A\",\"aws_secret_access_key\":\"s\"}", LLM_ERROR_CONFIG,
       "takes text"},
  };
  Caller caller = caller_open(1, NULL);
  mock_plan("key-none", GOOD);
  for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
    caller_start(&caller, 1, "key-none", ASK);
    check_asked(&caller, 1, "first");
    answer(&caller, cases[i].json);
    check_end(&caller, cases[i].error, cases[i].message);
    CHECK_HOLDS(caller.streams[0].end, "\"attempts\":0");
    caller_forget(&caller, 1);
  }
  caller_free(&caller);
}

static void key_answers_that_nobody_waits_for_are_nothing(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("key-unasked", GOOD);
  answer(&caller, "{\"api_key\":\"unknown-stream\"}");
  caller_start(&caller, 1, "key-unasked", ",\"api_key\":\"text\"");
  answer(&caller, "{\"api_key\":\"not-asked\"}");
  answer(&caller, "not json");
  check_end(&caller, LLM_ERROR_OK, "complete");
  answer(&caller, "{\"api_key\":\"too-late\"}");
  char *seen = mock_seen("key-unasked");
  CHECK_HOLDS(seen, "Bearer text");
  free(seen);
  CHECK_NUMBER(llm_client_answer(caller.client, 1, NULL), LLM_ERROR_INVALID_ARGUMENT);
  CHECK_NUMBER(llm_client_answer(caller.client, 1, "\xff"), LLM_ERROR_INVALID_ARGUMENT);
  CHECK_NUMBER(llm_client_answer(NULL, 1, "{}"), LLM_ERROR_INVALID_ARGUMENT);
  caller_free(&caller);
}

static void key_that_never_comes_is_a_timeout(void) {
  Caller caller = caller_open(1, NULL);
  caller_start(&caller, 1, "key-hangs", ASK ",\"key_timeout_ms\":50");
  check_asked(&caller, 1, "first");
  check_end(&caller, LLM_ERROR_TIMEOUT, "\"timer\":\"key\"");
  CHECK_HOLDS(caller.streams[0].end, "key_timeout_ms");
  caller_free(&caller);
}

/* The number is in use again, by a stream that has a question of its own. */
static void key_answer_that_is_late_is_not_that_of_the_next_stream(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("key-late", GOOD);
  caller_start(&caller, 1, "key-late", ASK ",\"key_timeout_ms\":50");
  check_asked(&caller, 1, "first");
  check_end(&caller, LLM_ERROR_TIMEOUT, "\"timer\":\"key\"");
  answer(&caller, "{\"api_key\":\"late-token\"}");
  caller_forget(&caller, 1);
  caller_start(&caller, 1, "key-late", ASK);
  check_asked(&caller, 1, "first");
  answer(&caller, "{\"api_key\":\"own-token\"}");
  check_end(&caller, LLM_ERROR_OK, "complete");
  char *seen = mock_seen("key-late");
  CHECK_HOLDS(seen, "Bearer own-token");
  CHECK(strstr(seen, "late-token") == NULL);
  free(seen);
  caller_free(&caller);
}

static void key_that_is_awaited_can_be_cancelled(void) {
  Caller caller = caller_open(1, NULL);
  caller_start(&caller, 1, "key-cancel", ASK);
  check_asked(&caller, 1, "first");
  CHECK_NUMBER(llm_client_cancel(caller.client, 1), LLM_ERROR_OK);
  check_end(&caller, LLM_ERROR_CANCELLED, "cancelled");
  caller_free(&caller);
}

/* Close ends it; free of another client waits for nothing. */
static void key_that_is_awaited_does_not_hold_close_or_free(void) {
  Caller closed = caller_open(1, NULL);
  Caller freed = caller_open(1, NULL);
  caller_start(&closed, 1, "key-close", ASK);
  caller_start(&freed, 1, "key-free", ASK);
  check_asked(&closed, 1, "first");
  check_asked(&freed, 1, "first");
  CHECK_NUMBER(llm_client_close(closed.client), LLM_ERROR_OK);
  check_end(&closed, LLM_ERROR_CLOSED, "closed");
  double began_ms = check_now_ms();
  LlmClient *client = freed.client;
  caller_free(&freed);
  CHECK(check_now_ms() - began_ms < 1000 * check_slower());
  CHECK(llm_client_answer(client, 1, "{\"api_key\":\"k\"}") != LLM_ERROR_OK);
  caller_free(&closed);
}

/* The child answers CLOSED at once; the parent goes on. */
static void key_that_is_awaited_survives_a_fork(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("key-fork", GOOD);
  caller_start(&caller, 1, "key-fork", ASK);
  check_asked(&caller, 1, "first");
  int child = fork();
  if (child == 0) {
    check_bound(10);
    LlmError error = llm_client_answer(caller.client, 1, "{\"api_key\":\"child\"}");
    _exit(error == LLM_ERROR_CLOSED ? 0 : 1);
  }
  check_child_exits(child, 0);
  answer(&caller, "{\"api_key\":\"parent\"}");
  check_end(&caller, LLM_ERROR_OK, "complete");
  caller_free(&caller);
}

static void no_token(const char *token, size_t length, void *ctx) {
  (void)token, (void)length, (void)ctx;
}

static void invoke_cannot_ask_for_a_key(void) {
  char request[512];
  mock_plan("key-invoke", GOOD);
  mock_request("key-invoke", ASK, request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, no_token, NULL), LLM_ERROR_CONFIG);
  CHECK_HOLDS(llm_last_error(), "cannot be asked for in this call");
}

/* A window of one byte: KEY is no content. 500 streams share one client. */
static void keys_of_many_streams_are_answered_once_each(void) {
  enum { STREAMS = 500 };
  Caller caller = caller_open(STREAMS, "{\"stream_window_bytes\":1,\"queue_bytes_max\":2000}");
  mock_plan("key-many", GOOD);
  int asked[STREAMS + 1] = {0};
  for (uint64_t stream = 1; stream <= STREAMS; stream++)
    caller_start(&caller, stream, "key-many", ASK);
  size_t ended = 0;
  while (ended < STREAMS) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(caller.client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      uint64_t stream = events[i].stream;
      if (events[i].kind == LLM_EVENT_KEY) {
        asked[stream] += 1;
        CHECK_NUMBER(llm_client_answer(caller.client, stream, "{\"api_key\":\"k\"}"), LLM_ERROR_OK);
      } else if (events[i].kind == LLM_EVENT_END) {
        CHECK_NUMBER(events[i].error, LLM_ERROR_OK);
        ended += 1;
      } else {
        llm_client_consumed(caller.client, stream, events[i].length);
      }
    }
  }
  for (int stream = 1; stream <= STREAMS; stream++) CHECK_NUMBER(asked[stream], 1);
  caller_free(&caller);
}

/* Starts an embed as stream 1, each of whose six inputs is an HTTP request. */
static void start_embed(Caller *caller, const char *key) {
  char url[256], request[1024];
  snprintf(request, sizeof request,
           "{\"operation\":\"embed\",\"model\":\"m\",\"base_url\":\"%s\",\"input\":[\"a\",\"b\","
           "\"c\",\"d\",\"e\",\"f\"],\"inputs_per_request\":1" ASK "}",
           mock_base_url(key, url, sizeof url));
  CHECK_NUMBER(llm_client_start(caller->client, 1, "openai", request), LLM_ERROR_OK);
}

/* What an embed asked, until its END. */
typedef struct Embedded {
  size_t asked, rejected, vectors;
} Embedded;

/* Answers each KEY: the one after a refusal with the second answer. */
static Embedded answer_until_ended(Caller *caller, const char *first, const char *second) {
  enum { QUIET_MS = 100 };
  Embedded seen = {0, 0, 0};
  for (int ended = 0; !ended;) {
    const LlmEvent *events = NULL;
    size_t waiting = 0, rejected = 0, count = llm_client_poll(caller->client, -1, &events);
    while (count > 0) {
      for (size_t i = 0; i < count; i++) {
        if (events[i].kind == LLM_EVENT_VECTORS) seen.vectors += events[i].count;
        if (events[i].kind == LLM_EVENT_KEY) {
          char text[32], json[512];
          snprintf(json, sizeof json, "%.*s", (int)events[i].length, events[i].data);
          waiting += 1;
          rejected += strcmp(json_text(json, "reason", text, sizeof text), "rejected") == 0;
        }
        if (events[i].kind != LLM_EVENT_END) continue;
        ended = 1;
        CHECK_NUMBER(events[i].error, LLM_ERROR_OK);
      }
      /* While one waits for its answer there is no other. */
      count = waiting ? llm_client_poll(caller->client, QUIET_MS, &events) : 0;
    }
    CHECK(waiting <= 1);
    seen.asked += waiting;
    seen.rejected += rejected;
    if (waiting) answer(caller, rejected ? second : first);
  }
  return seen;
}

/* The HTTP requests of an embed need keys at the same time, and an answer does not say whose it is:
 * a stream asks one question at a time. */
static void keys_of_an_embed_are_asked_one_at_a_time(void) {
  Caller caller = caller_open(1, NULL);
  start_embed(&caller, "key-embed");
  Embedded seen = answer_until_ended(&caller, "{\"api_key\":\"k\"}", "{\"error\":\"refused?\"}");
  CHECK_NUMBER(seen.vectors, 6);
  CHECK(seen.asked >= 1 && seen.asked <= 6);
  caller_free(&caller);
}

/* One of its HTTP requests is refused: that one has the new key, and not the old one that another
 * was given meanwhile. */
static void key_of_an_embed_that_is_refused_is_renewed(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("key-embed-expired", REFUSED "," GOOD);
  start_embed(&caller, "key-embed-expired");
  Embedded seen =
      answer_until_ended(&caller, "{\"api_key\":\"old-token\"}", "{\"api_key\":\"new-token\"}");
  CHECK_NUMBER(seen.vectors, 6);
  CHECK_NUMBER(seen.rejected, 1);
  char *requests = mock_seen("key-embed-expired");
  CHECK_HOLDS(requests, "Bearer new-token");
  free(requests);
  caller_free(&caller);
}

const CheckTest keys_tests[] = {
    {"key_is_renewed_when_it_expired", key_is_renewed_when_it_expired, 0},
    {"key_of_a_client_is_asked_for_too", key_of_a_client_is_asked_for_too, 0},
    {"key_answers_that_are_none_end_the_stream", key_answers_that_are_none_end_the_stream, 0},
    {"key_answers_that_nobody_waits_for_are_nothing", key_answers_that_nobody_waits_for_are_nothing,
     0},
    {"key_that_never_comes_is_a_timeout", key_that_never_comes_is_a_timeout, 0},
    {"key_answer_that_is_late_is_not_that_of_the_next_stream",
     key_answer_that_is_late_is_not_that_of_the_next_stream, 0},
    {"key_that_is_awaited_can_be_cancelled", key_that_is_awaited_can_be_cancelled, 0},
    {"key_that_is_awaited_does_not_hold_close_or_free",
     key_that_is_awaited_does_not_hold_close_or_free, 0},
    {"key_that_is_awaited_survives_a_fork", key_that_is_awaited_survives_a_fork, 0},
    {"invoke_cannot_ask_for_a_key", invoke_cannot_ask_for_a_key, 0},
    {"keys_of_an_embed_are_asked_one_at_a_time", keys_of_an_embed_are_asked_one_at_a_time, 0},
    {"key_of_an_embed_that_is_refused_is_renewed", key_of_an_embed_that_is_refused_is_renewed, 0},
    {"keys_of_many_streams_are_answered_once_each", keys_of_many_streams_are_answered_once_each,
     60},
};
SUITE_END(keys)
