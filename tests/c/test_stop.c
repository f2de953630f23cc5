/* llm_invoke_stop: a callback ends its own llm_invoke. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "json.h"
#include "liter_llm.h"
#include "mock.h"
#include "suites.h"

#define ENDLESS MOCK_CUT_STREAM("{\"token\":\"a\"},{\"token\":\"b\"},{\"hang\":true}")
#define TWO_WORDS "{\"answer\":{\"text\":\"one two\"}}"
#define OUTSIDE "llm_invoke_stop was called outside of a callback of llm_invoke"

/* What a callback has got, and what it does with the first piece. */
typedef struct Taken {
  char text[64];
  int calls;
  void (*on_first)(struct Taken *taken);
} Taken;

static void take(const char *token, size_t length, void *ctx) {
  Taken *taken = ctx;
  size_t kept = strlen(taken->text);
  if (kept + length < sizeof taken->text) memcpy(taken->text + kept, token, length);
  taken->calls += 1;
  if (taken->calls == 1 && taken->on_first) taken->on_first(taken);
}

static LlmError invoke(const char *key, const char *more, Taken *taken,
                       void (*on_first)(Taken *taken)) {
  char request[1024];
  memset(taken, 0, sizeof *taken);
  taken->on_first = on_first;
  return llm_invoke("openai", mock_request(key, more, request, sizeof request), take, taken);
}

static void stop(Taken *taken) {
  (void)taken;
  CHECK_NUMBER(llm_invoke_stop(), LLM_ERROR_OK);
}

static void check_is_outside(void) {
  char message[128];
  CHECK_NUMBER(llm_invoke_stop(), LLM_ERROR_INVALID_ARGUMENT);
  CHECK_TEXT(json_text(llm_last_error(), "message", message, sizeof message), OUTSIDE);
}

static void check_next_call_works(void) {
  Taken taken;
  mock_plan("next", TWO_WORDS);
  CHECK_NUMBER(invoke("next", "", &taken, NULL), LLM_ERROR_OK);
  CHECK_TEXT(taken.text, "one two");
}

/* The provider would be silent for ever; it sees the connection close. */
static void stop_ends_the_call(void) {
  Taken taken;
  char text[64];
  check_is_outside();
  mock_plan("stop", ENDLESS);
  CHECK_NUMBER(invoke("stop", "", &taken, stop), LLM_ERROR_CANCELLED);
  CHECK_TEXT(taken.text, "a");
  free(mock_wait("stop", "closed=1"));
  CHECK_TEXT(json_text(llm_last_error(), "kind", text, sizeof text), "CANCELLED");
  CHECK_TEXT(json_text(llm_last_error(), "message", text, sizeof text),
             "the callback cancelled the call");
  CHECK_TEXT(json_text(llm_last_error(), "provider", text, sizeof text), "openai");
  CHECK_TEXT(json_text(llm_last_error(), "phase", text, sizeof text), "body");
  CHECK_NUMBER(json_number(llm_last_error(), "number"), LLM_ERROR_CANCELLED);
  CHECK_NUMBER(json_number(llm_last_error(), "attempts"), 1);
  check_is_outside();
  check_next_call_works();
}

static void stop_twice(Taken *taken) {
  stop(taken);
  stop(taken);
}

static void stop_is_idempotent(void) {
  Taken taken;
  mock_plan("twice", ENDLESS);
  CHECK_NUMBER(invoke("twice", "", &taken, stop_twice), LLM_ERROR_CANCELLED);
  CHECK_NUMBER(taken.calls, 1);
  check_next_call_works();
}

/* A whole response brings its text and its end at once. */
static void stop_is_cancelled_though_the_end_has_come(void) {
  Taken taken;
  mock_plan("whole", TWO_WORDS);
  CHECK_NUMBER(invoke("whole", ",\"stream\":false", &taken, stop), LLM_ERROR_CANCELLED);
  CHECK_NUMBER(taken.calls, 1);
  CHECK_HOLDS(llm_last_error(), "the callback cancelled the call");
  check_next_call_works();
}

static void stop_late(Taken *taken) {
  free(mock_wait("late", "signal=all"));
  stop(taken);
}

/* What had arrived when the callback returned is not handed over. */
static void stop_drops_what_has_arrived(void) {
  Taken taken;
  mock_plan("late", MOCK_CUT_STREAM("{\"token\":\"a\"},{\"token\":\"b\"},{\"finish\":\"stop\"},"
                                    "{\"done\":true},{\"signal\":\"all\"},{\"hang\":true}"));
  CHECK_NUMBER(invoke("late", "", &taken, stop_late), LLM_ERROR_CANCELLED);
  CHECK_TEXT(taken.text, "a");
  check_next_call_works();
}

/* The provider sends faster than anything is read. */
static void stop_ends_a_flood(void) {
  Taken taken;
  mock_plan("flood",
            MOCK_CUT_STREAM("{\"repeat\":100000000,\"actions\":[{\"token\":\"abcdef\"}]}"));
  CHECK_NUMBER(invoke("flood", "", &taken, stop), LLM_ERROR_CANCELLED);
  CHECK_NUMBER(taken.calls, 1);
  free(mock_wait("flood", "closed=1"));
}

static void stop_works_for_a_result(void) {
  Taken taken;
  char request[1024];
  char url[256];
  memset(&taken, 0, sizeof taken);
  taken.on_first = stop;
  snprintf(request, sizeof request,
           "{\"operation\":\"models\",\"api_key\":\"test-key\",\"base_url\":\"%s\"}",
           mock_base_url("result", url, sizeof url));
  CHECK_NUMBER(llm_invoke("openai", request, take, &taken), LLM_ERROR_CANCELLED);
  CHECK_NUMBER(taken.calls, 1);
}

static void *stop_elsewhere(void *ctx) {
  Taken taken;
  (void)ctx;
  check_is_outside();
  mock_plan("inner", ENDLESS);
  CHECK_NUMBER(invoke("inner", "", &taken, stop), LLM_ERROR_CANCELLED);
  return NULL;
}

static void call_another_thread(Taken *taken) {
  pthread_t thread;
  (void)taken;
  CHECK(pthread_create(&thread, NULL, stop_elsewhere, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* Another thread cannot stop this call, and stops its own. */
static void stop_is_for_its_own_thread(void) {
  Taken taken;
  mock_plan("outer", TWO_WORDS);
  CHECK_NUMBER(invoke("outer", "", &taken, call_another_thread), LLM_ERROR_OK);
  CHECK_TEXT(taken.text, "one two");
}

/* See test_process.c: the child of a process with busy threads, under the address sanitizer. */
#ifndef __SANITIZE_ADDRESS__

static void run_child(void) {
  Taken taken;
  check_bound(10);
  check_is_outside();
  CHECK_NUMBER(invoke("child", "", &taken, NULL), LLM_ERROR_OK);
  CHECK_TEXT(taken.text, "one two");
  CHECK_NUMBER(invoke("child", "", &taken, stop), LLM_ERROR_CANCELLED);
  CHECK_NUMBER(taken.calls, 1);
  _exit(0);
}

static void stop_then_fork(Taken *taken) {
  stop(taken);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) run_child();
  check_child_exits(child, 0);
}

/* The parent's stop is none of the calls of its child, and the parent notices nothing. */
static void stop_is_not_inherited_through_fork(void) {
  Taken taken;
  mock_plan("child", TWO_WORDS);
  mock_plan("parent", ENDLESS);
  CHECK_NUMBER(invoke("parent", "", &taken, stop_then_fork), LLM_ERROR_CANCELLED);
  CHECK_TEXT(taken.text, "a");
  free(mock_wait("parent", "closed=1"));
  check_next_call_works();
}

#endif

const CheckTest stop_tests[] = {
    {"stop_ends_the_call", stop_ends_the_call, 0},
    {"stop_is_idempotent", stop_is_idempotent, 0},
    {"stop_is_cancelled_though_the_end_has_come", stop_is_cancelled_though_the_end_has_come, 0},
    {"stop_drops_what_has_arrived", stop_drops_what_has_arrived, 0},
    {"stop_ends_a_flood", stop_ends_a_flood, 0},
    {"stop_works_for_a_result", stop_works_for_a_result, 0},
    {"stop_is_for_its_own_thread", stop_is_for_its_own_thread, 0},
#ifndef __SANITIZE_ADDRESS__
    {"stop_is_not_inherited_through_fork", stop_is_not_inherited_through_fork, 0},
#endif
};
SUITE_END(stop)
