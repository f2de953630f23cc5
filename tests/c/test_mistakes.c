/* The mistakes that a C program is most likely to make, and the whole sentence that
 * llm_last_error has for each. Sentences about JSON are those of tests/mistakes.json. */
#include <stdio.h>
#include <string.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

#define BAD_UTF8 "ab\xC3\x28"
#define REQUEST "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

static LlmClient *live;   /* stream 1 runs */
static LlmClient *closed; /* by llm_client_close */
static LlmClient *freed;  /* by llm_client_free */
static LlmClient *client_out;

static void ignore(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

static LlmError new_client(const char *options) {
  return llm_client_new(options, NULL, NULL, &client_out);
}

static LlmError invoke_without_provider(void) { return llm_invoke(NULL, REQUEST, ignore, NULL); }
static LlmError invoke_without_request(void) { return llm_invoke("openai", NULL, ignore, NULL); }
static LlmError invoke_without_callback(void) { return llm_invoke("openai", REQUEST, NULL, NULL); }
static LlmError invoke_bad_utf8(void) { return llm_invoke("openai", BAD_UTF8, ignore, NULL); }
static LlmError invoke_bad_json(void) { return llm_invoke("openai", "{\"model\":", ignore, NULL); }
static LlmError invoke_wrong_type(void) {
  return llm_invoke("openai", "{\"model\":\"m\",\"messages\":\"hi\"}", ignore, NULL);
}
static LlmError stop_outside(void) { return llm_invoke_stop(); }
static LlmError cancel_outside(void) { return llm_invoke_cancel(); }
static LlmError new_without_options(void) { return new_client(NULL); }
static LlmError new_without_place(void) { return llm_client_new("{}", NULL, NULL, NULL); }
static LlmError new_bad_utf8(void) { return new_client(BAD_UTF8); }
static LlmError new_unknown_option(void) { return new_client("{\"frobnicate\":1}"); }
static LlmError new_wrong_type(void) { return new_client("{\"retries_max\":1.5}"); }
static LlmError start_without_client(void) { return llm_client_start(NULL, 1, "openai", REQUEST); }
static LlmError start_at_an_address(void) {
  return llm_client_start((LlmClient *)&live, 1, "openai", REQUEST);
}
static LlmError start_stream_0(void) { return llm_client_start(live, 0, "openai", REQUEST); }
static LlmError start_twice(void) { return llm_client_start(live, 1, "openai", REQUEST); }
static LlmError start_without_provider(void) { return llm_client_start(live, 2, NULL, REQUEST); }
static LlmError start_without_request(void) { return llm_client_start(live, 2, "openai", NULL); }
static LlmError start_bad_utf8(void) { return llm_client_start(live, 2, BAD_UTF8, REQUEST); }
static LlmError start_after_close(void) { return llm_client_start(closed, 2, "openai", REQUEST); }
static LlmError start_after_free(void) { return llm_client_start(freed, 2, "openai", REQUEST); }
static LlmError cancel_after_free(void) { return llm_client_cancel(freed, 1); }
static LlmError consumed_without_client(void) { return llm_client_consumed(NULL, 1, 1); }
static LlmError close_after_free(void) { return llm_client_close(freed); }

static void call_in_again(const char *token, size_t length, void *ctx) {
  ignore(token, length, NULL);
  *(LlmError *)ctx = llm_invoke("openai", REQUEST, ignore, NULL);
}

static LlmError invoke_inside_its_callback(void) {
  char request[1024];
  LlmError inner = LLM_ERROR_OK;
  mock_plan("inside", "{\"answer\":{\"text\":\"one\"}}");
  mock_request("inside", "", request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, call_in_again, &inner), LLM_ERROR_OK);
  return inner;
}

typedef struct Mistake {
  LlmError (*make)(void);
  LlmError error;
  const char *message;
} Mistake;

#define NULL_CLIENT "client is NULL"
#define NO_CLIENT "client was freed, or was not made by llm_client_new"
#define CUT_TEXT "expected UTF-8, got an invalid byte at offset 2"

static const Mistake mistakes[] = {
    {invoke_without_provider, LLM_ERROR_INVALID_ARGUMENT, "provider is NULL"},
    {invoke_without_request, LLM_ERROR_INVALID_ARGUMENT, "request_json is NULL"},
    {invoke_without_callback, LLM_ERROR_INVALID_ARGUMENT, "callback is NULL"},
    {invoke_bad_utf8, LLM_ERROR_INVALID_ARGUMENT, "request_json: " CUT_TEXT},
    {invoke_inside_its_callback, LLM_ERROR_INVALID_ARGUMENT,
     "llm_invoke was called from inside a callback of this library"},
    {stop_outside, LLM_ERROR_INVALID_ARGUMENT,
     "llm_invoke_stop was called outside of a callback of llm_invoke"},
    {cancel_outside, LLM_ERROR_INVALID_ARGUMENT,
     "llm_invoke_cancel was called outside of a callback of llm_invoke"},
    {new_without_options, LLM_ERROR_INVALID_ARGUMENT, "options_json is NULL"},
    {new_without_place, LLM_ERROR_INVALID_ARGUMENT, "client_out is NULL"},
    {new_bad_utf8, LLM_ERROR_INVALID_ARGUMENT, "options_json: " CUT_TEXT},
    {new_unknown_option, LLM_ERROR_CONFIG, "option \\\"frobnicate\\\" is unknown"},
    {start_without_client, LLM_ERROR_INVALID_ARGUMENT, NULL_CLIENT},
    {start_at_an_address, LLM_ERROR_INVALID_ARGUMENT, NO_CLIENT},
    {start_stream_0, LLM_ERROR_INVALID_ARGUMENT,
     "stream is 0, which stands for no stream; use another number"},
    {start_twice, LLM_ERROR_INVALID_ARGUMENT, "stream 1 is in use until its END was polled"},
    {start_without_provider, LLM_ERROR_INVALID_ARGUMENT, "provider is NULL"},
    {start_without_request, LLM_ERROR_INVALID_ARGUMENT, "request_json is NULL"},
    {start_bad_utf8, LLM_ERROR_INVALID_ARGUMENT, "provider: " CUT_TEXT},
    {start_after_close, LLM_ERROR_CLOSED, "the client is closed; make a new one"},
    {start_after_free, LLM_ERROR_INVALID_ARGUMENT, NO_CLIENT},
    {cancel_after_free, LLM_ERROR_INVALID_ARGUMENT, NO_CLIENT},
    {consumed_without_client, LLM_ERROR_INVALID_ARGUMENT, NULL_CLIENT},
    {close_after_free, LLM_ERROR_INVALID_ARGUMENT, NO_CLIENT},
};

/* An error in the JSON names its place and what was expected there. */
static const Mistake mistakes_in_json[] = {
    {new_wrong_type, LLM_ERROR_CONFIG, "option retries_max: expected a whole number, got 1.5"},
    {invoke_wrong_type, LLM_ERROR_INVALID_REQUEST, "messages: expected a list, got text"},
};

static void check_mistakes(const Mistake *table, size_t count) {
  char message[512];
  for (size_t i = 0; i < count; i++) {
    CHECK_NUMBER(table[i].make(), table[i].error);
    json_text(llm_last_error(), "message", message, sizeof message);
    CHECK_TEXT(message, table[i].message);
    CHECK_NUMBER(json_number(llm_last_error(), "number"), table[i].error);
    CHECK(client_out == NULL);
  }
}

static void mistakes_are_named(void) {
  Caller caller = caller_open(1, NULL);
  Caller other = caller_open(1, NULL);
  Caller gone = caller_open(1, NULL);
  live = caller.client;
  closed = other.client;
  freed = gone.client;
  mock_plan("mistakes", "{\"raw\":[{\"hang\":true}]}");
  caller_start(&caller, 1, "mistakes", "");
  CHECK_NUMBER(llm_client_close(closed), LLM_ERROR_OK);
  caller_free(&gone);
  check_mistakes(mistakes, CHECK_COUNT(mistakes));
  CHECK_NUMBER(llm_client_cancel(live, 1), LLM_ERROR_OK);
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_CANCELLED);
  caller_free(&other);
  caller_free(&caller);
}

static void mistakes_in_json_are_named(void) {
  check_mistakes(mistakes_in_json, CHECK_COUNT(mistakes_in_json));
  CHECK_NUMBER(invoke_bad_json(), LLM_ERROR_INVALID_REQUEST);
  CHECK_HOLDS(llm_last_error(), "not JSON");
}

/* A success keeps the last error, so that a program can still print it. */
static void the_last_error_stays_until_the_next_one(void) {
  char message[512];
  CHECK_NUMBER(new_without_options(), LLM_ERROR_INVALID_ARGUMENT);
  CHECK_NUMBER(new_client("{}"), LLM_ERROR_OK);
  json_text(llm_last_error(), "message", message, sizeof message);
  CHECK_TEXT(message, "options_json is NULL");
  llm_client_free(client_out);
  client_out = NULL;
}

/* A poll has no error to return: whatever is wrong, it returns that there are no events. */
static void a_poll_that_is_wrong_gets_nothing(void) {
  const LlmEvent *events = (const LlmEvent *)&events;
  CHECK_NUMBER(llm_client_poll(NULL, -1, &events), 0);
  CHECK(events == NULL);
  CHECK_NUMBER(llm_client_poll(NULL, -1, NULL), 0);
  CHECK_TEXT(llm_last_error(), "{}");
}

/* The header that a program was built with agrees with the library that it runs with. */
static void the_header_is_that_of_the_library(void) {
  char version[64];
  snprintf(version, sizeof version, "%d.%d.%d", LITER_LLM_VERSION_MAJOR, LITER_LLM_VERSION_MINOR,
           LITER_LLM_VERSION_PATCH);
  CHECK_TEXT(llm_version(), LITER_LLM_VERSION);
  CHECK(strncmp(LITER_LLM_VERSION, version, strlen(version)) == 0);
  CHECK_NUMBER(llm_abi_version(), LLM_ABI_VERSION);
}

const CheckTest mistakes_tests[] = {
    {"mistakes_are_named", mistakes_are_named, 0},
    {"mistakes_in_json_are_named", mistakes_in_json_are_named, 0},
    {"the_last_error_stays_until_the_next_one", the_last_error_stays_until_the_next_one, 0},
    {"a_poll_that_is_wrong_gets_nothing", a_poll_that_is_wrong_gets_nothing, 0},
    {"the_header_is_that_of_the_library", the_header_is_that_of_the_library, 0},
};
SUITE_END(mistakes)
