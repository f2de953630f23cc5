/* Panics inside the library never cross into the caller. Needs a library built with the
 * feature `test-panic`, which exports one function beside the header. */
#include <string.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"

/* Stream 0: the calling thread's next call of any export panics; else that stream's task does. */
LlmError llm_test_panic(LlmClient *client, uint64_t stream);

static void ignore(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

static void arm(void) { CHECK_NUMBER(llm_test_panic(NULL, 0), LLM_ERROR_OK); }

static void check_is_internal(LlmError error) {
  char kind[64];
  CHECK_NUMBER(error, LLM_ERROR_INTERNAL);
  CHECK_TEXT(json_text(llm_last_error(), "kind", kind, sizeof kind), "INTERNAL");
  CHECK(strstr(llm_last_error(), "secret") == NULL);
}

/* A stop that fails stops nothing. */
static void stop_with_a_panic(const char *token, size_t length, void *ctx) {
  ignore(token, length, ctx);
  arm();
  check_is_internal(llm_invoke_stop());
}

/* Every export that does anything: INTERNAL (or nothing, where there is no error to return), and
 * the next call works. */
static void a_panic_in_an_export_is_internal(void) {
  char request[1024];
  const LlmEvent *events = NULL;
  LlmClient *client = NULL;
  Caller caller = caller_open(2, NULL);
  mock_plan("panic", "{\"answer\":{\"text\":\"still here\"}}");
  mock_request("panic", "", request, sizeof request);
  arm();
  check_is_internal(llm_invoke("openai", request, ignore, NULL));
  arm();
  check_is_internal(llm_client_new(MOCK_OPTIONS, NULL, NULL, &client));
  CHECK(client == NULL);
  arm();
  check_is_internal(llm_client_start(caller.client, 1, "openai", request));
  arm();
  CHECK_NUMBER(llm_client_cancel(caller.client, 1), LLM_ERROR_INTERNAL);
  arm();
  CHECK_NUMBER(llm_client_consumed(caller.client, 1, 1), LLM_ERROR_INTERNAL);
  arm();
  CHECK_NUMBER(llm_client_poll(caller.client, 0, &events), 0);
  arm();
  CHECK_NUMBER(llm_client_close(caller.client), LLM_ERROR_INTERNAL);
  arm();
  llm_client_free(NULL);
  arm();
  llm_wake_fd((void *)(intptr_t)-1);
  CHECK_NUMBER(llm_invoke("openai", request, stop_with_a_panic, NULL), LLM_ERROR_OK);
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
  caller_start(&caller, 2, "panic", "");
  caller_poll_until_ended(&caller, 1);
  CHECK_TEXT(caller.streams[1].text, "still here");
  caller_free(&caller);
}

/* Rule 13: INTERNAL for that one stream, exactly one END; the others go on. */
static void a_panic_in_a_stream_ends_that_stream(void) {
  enum { STREAMS = 10 };
  char outcome[32];
  Caller caller = caller_open(STREAMS, NULL);
  mock_plan("others", MOCK_STREAM("{\"token\":\"one \"},{\"await\":\"go\"},{\"token\":\"two\"}"));
  for (uint64_t stream = 1; stream <= STREAMS; stream++)
    caller_start(&caller, stream, "others", "");
  for (uint64_t stream = 1; stream <= STREAMS; stream++) caller_poll_until_text(&caller, stream, 4);
  CHECK_NUMBER(llm_test_panic(caller.client, 1), LLM_ERROR_OK);
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_INTERNAL);
  CHECK_TEXT(json_text(caller.streams[0].end, "outcome", outcome, sizeof outcome), "failed");
  CHECK(strstr(caller.streams[0].end, "secret") == NULL);
  free(mock_wait("others", "closed=1"));
  mock_signal("others", "go");
  caller_poll_until_ended(&caller, STREAMS);
  for (uint64_t stream = 2; stream <= STREAMS; stream++) {
    CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_OK);
    CHECK_TEXT(caller.streams[stream - 1].text, "one two");
  }
  caller_free(&caller);
}

static void a_stream_may_panic_before_its_first_token(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("early", "{\"raw\":[{\"hang\":true}]}");
  for (int round = 0; round < 20; round++) {
    caller_start(&caller, 1, "early", "");
    CHECK_NUMBER(llm_test_panic(caller.client, 1), LLM_ERROR_OK);
    caller_poll_until_ended(&caller, 1);
    CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_INTERNAL);
    CHECK_NUMBER(caller.streams[0].starts, 0);
    caller_forget(&caller, 1);
  }
  caller_free(&caller);
}

static const CheckTest tests[] = {
    {"a_panic_in_an_export_is_internal", a_panic_in_an_export_is_internal, 0},
    {"a_panic_in_a_stream_ends_that_stream", a_panic_in_a_stream_ends_that_stream, 0},
    {"a_stream_may_panic_before_its_first_token", a_stream_may_panic_before_its_first_token, 0},
};

int main(int argc, char **argv) { return mock_check_main(tests, CHECK_COUNT(tests), argc, argv); }
