/* Misuse: every export with NULL and bad UTF-8 in every place, invalid handles. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

#define BAD_UTF8 "\xC3\x28"
#define REQUEST "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

static void never_called(const char *token, size_t length, void *ctx) {
  (void)length;
  (void)ctx;
  check_fail(__FILE__, __LINE__, "called back with %s", token);
}

static void check_last_error(const char *kind) {
  char actual[64];
  CHECK_TEXT(json_text(llm_last_error(), "kind", actual, sizeof actual), kind);
  CHECK(strlen(json_find(llm_last_error(), "message")) > 10);
}

static void invoke_refuses_bad_arguments(void) {
  static const struct {
    const char *provider;
    const char *request;
    llm_token_callback callback;
  } rows[] = {
      {NULL, REQUEST, never_called},      {"openai", NULL, never_called},
      {"openai", REQUEST, NULL},          {BAD_UTF8, REQUEST, never_called},
      {"openai", BAD_UTF8, never_called},
  };
  for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
    CHECK_NUMBER(llm_invoke(rows[i].provider, rows[i].request, rows[i].callback, NULL),
                 LLM_ERROR_INVALID_ARGUMENT);
    check_last_error("INVALID_ARGUMENT");
  }
}

static void client_new_refuses_bad_arguments(void) {
  static const struct {
    const char *options;
    LlmError error;
  } rows[] = {
      {NULL, LLM_ERROR_INVALID_ARGUMENT},
      {BAD_UTF8, LLM_ERROR_INVALID_ARGUMENT},
      {"", LLM_ERROR_CONFIG},
      {"not json", LLM_ERROR_CONFIG},
      {"[]", LLM_ERROR_CONFIG},
      {"{\"no_such_option\":1}", LLM_ERROR_CONFIG},
      {"{\"retries_max\":\"three\"}", LLM_ERROR_CONFIG},
      {"{\"provider\":\"no-such-provider\"}", LLM_ERROR_CONFIG},
      {"{\"base_url\":\"ftp://example.invalid\"}", LLM_ERROR_CONFIG},
      {"{\"api_key\":\"line\\nbreak\"}", LLM_ERROR_INVALID_ARGUMENT},
      {"{\"ca_file\":\"/dev/null\"}", LLM_ERROR_CONFIG},
  };
  for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
    LlmClient *client = (LlmClient *)&client;
    LlmError error = llm_client_new(rows[i].options, NULL, NULL, &client);
    if (error != rows[i].error) {
      check_fail(__FILE__, __LINE__, "options %s: %s, not %s: %s", rows[i].options,
                 llm_error_name(error), llm_error_name(rows[i].error), llm_last_error());
    }
    CHECK(client == NULL);
    check_last_error(llm_error_name(rows[i].error));
  }
  CHECK_NUMBER(llm_client_new("{}", NULL, NULL, NULL), LLM_ERROR_INVALID_ARGUMENT);
  check_last_error("INVALID_ARGUMENT");
}

static void client_start_refuses_bad_arguments(void) {
  Caller caller = caller_open(1, NULL);
  const struct {
    LlmClient *client;
    uint64_t stream;
    const char *provider;
    const char *request;
  } rows[] = {
      {NULL, 1, "openai", REQUEST},           {caller.client, 0, "openai", REQUEST},
      {caller.client, 1, NULL, REQUEST},      {caller.client, 1, "openai", NULL},
      {caller.client, 1, BAD_UTF8, REQUEST},  {caller.client, 1, "openai", BAD_UTF8},
      {(LlmClient *)1, 1, "openai", REQUEST}, {(LlmClient *)&caller, 1, "openai", REQUEST},
  };
  for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
    CHECK_NUMBER(
        llm_client_start(rows[i].client, rows[i].stream, rows[i].provider, rows[i].request),
        LLM_ERROR_INVALID_ARGUMENT);
    check_last_error("INVALID_ARGUMENT");
  }
  CHECK_NUMBER(caller_poll(&caller, 0), 0);
  caller_free(&caller);
}

static void client_start_refuses_a_number_in_use(void) {
  Caller caller = caller_open(1, NULL);
  mock_plan("in-use", "{\"raw\":[{\"hang\":true}]}");
  caller_start(&caller, 1, "in-use", "");
  CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", REQUEST), LLM_ERROR_INVALID_ARGUMENT);
  check_last_error("INVALID_ARGUMENT");
  llm_client_cancel(caller.client, 1);
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_CANCELLED);
  caller_free(&caller);
}

/* An invalid handle is INVALID_ARGUMENT (a freed one may be CLOSED), delivers nothing, frees
 * nothing. */
static void check_is_no_client(LlmClient *client) {
  const LlmEvent *events = NULL;
  LlmError errors[] = {
      llm_client_start(client, 1, "openai", REQUEST),
      llm_client_cancel(client, 1),
      llm_client_consumed(client, 1, 1),
      llm_client_close(client),
  };
  for (size_t i = 0; i < CHECK_COUNT(errors); i++) {
    CHECK(errors[i] == LLM_ERROR_INVALID_ARGUMENT || errors[i] == LLM_ERROR_CLOSED);
  }
  CHECK_NUMBER(llm_client_poll(client, -1, &events), 0);
  CHECK_NUMBER(llm_client_poll(client, 0, NULL), 0);
  llm_client_free(client);
}

static void invalid_handles_are_refused(void) {
  static const char text[64] = "some bytes that are no client, long enough to be read as one";
  int on_the_stack = 1;
  Caller caller = caller_open(1, NULL);
  LlmClient *client = caller.client;
  check_is_no_client(NULL);
  check_is_no_client((LlmClient *)1);
  check_is_no_client((LlmClient *)(uintptr_t)text);
  check_is_no_client((LlmClient *)&on_the_stack);
  check_is_no_client((LlmClient *)((char *)client + 8));
  CHECK_NUMBER(llm_client_cancel(client, 1), LLM_ERROR_OK);
  caller_free(&caller);
  check_is_no_client(client);
}

static void a_freed_client_never_comes_back(void) {
  Caller first = caller_open(1, NULL);
  LlmClient *stale = first.client;
  caller_free(&first);
  for (int i = 0; i < 100; i++) {
    Caller caller = caller_open(1, NULL);
    CHECK(caller.client != stale);
    caller_free(&caller);
    check_is_no_client(stale);
  }
}

static void unknown_streams_are_no_error(void) {
  Caller caller = caller_open(1, NULL);
  CHECK_NUMBER(llm_client_cancel(caller.client, 77), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_consumed(caller.client, 77, 1000), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_poll(caller.client, 0, NULL), 0);
  mock_plan("too-much", "{\"answer\":{\"text\":\"fine\"}}");
  caller_start(&caller, 1, "too-much", "");
  CHECK_NUMBER(llm_client_consumed(caller.client, 1, SIZE_MAX), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_consumed(caller.client, 1, SIZE_MAX), LLM_ERROR_OK);
  caller_poll_until_ended(&caller, 1);
  CHECK_TEXT(caller.streams[0].text, "fine");
  caller_free(&caller);
}

static void wake_fd_bears_any_number(void) {
  int pipe_fds[2];
  CHECK(pipe2(pipe_fds, O_NONBLOCK) == 0);
  llm_wake_fd((void *)(intptr_t)-1);
  llm_wake_fd((void *)(intptr_t)INT_MAX);
  CHECK(dup2(pipe_fds[1], 0) == 0);
  llm_wake_fd(NULL);
  uint64_t one = 0;
  CHECK_NUMBER(read(pipe_fds[0], &one, sizeof one), 8);
  CHECK_NUMBER(one, 1);
}

static void ignore(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

/* JSON that JavaScript or Python made of text that was cut inside a character. */
static void half_a_surrogate_pair_is_sent_as_a_replacement(void) {
  char request[1024];
  const char *user = ",\"user\":\"cut \\ud83d here \\ud83d\\ude00\"";
  mock_request("surrogate", user, request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
  char *seen = mock_seen("surrogate");
  CHECK(strstr(seen, "cut \xEF\xBF\xBD here \xF0\x9F\x98\x80") != NULL);
  free(seen);
}

static void every_error_has_its_name(void) {
  static const char *const names[] = {
      "OK",         "INVALID_ARGUMENT", "CONFIG",       "INVALID_REQUEST", "AUTHENTICATION",
      "PERMISSION", "NOT_FOUND",        "RATE_LIMITED", "QUOTA_EXCEEDED",  "OVERLOADED",
      "PROVIDER",   "NETWORK",          "TLS",          "TIMEOUT",         "PROTOCOL",
      "TRUNCATED",  "TOO_LARGE",        "CANCELLED",    "CLOSED",          "INTERNAL"};
  for (int i = 0; i < (int)CHECK_COUNT(names); i++) {
    CHECK_TEXT(llm_error_name(i), names[i]);
  }
  CHECK_TEXT(llm_error_name((int)CHECK_COUNT(names)), "UNKNOWN");
  CHECK_TEXT(llm_error_name(-1), "UNKNOWN");
  CHECK_TEXT(llm_error_name(INT32_MAX), "UNKNOWN");
  CHECK_TEXT(llm_error_name(INT32_MIN), "UNKNOWN");
}

static void the_library_knows_its_version(void) {
  unsigned parts[3];
  CHECK_NUMBER(llm_abi_version(), LLM_ABI_VERSION);
  CHECK_NUMBER(sscanf(llm_version(), "%u.%u.%u", &parts[0], &parts[1], &parts[2]), 3);
  CHECK_TEXT(llm_last_error(), "{}");
}

const CheckTest arguments_tests[] = {
    {"invoke_refuses_bad_arguments", invoke_refuses_bad_arguments, 0},
    {"client_new_refuses_bad_arguments", client_new_refuses_bad_arguments, 0},
    {"client_start_refuses_bad_arguments", client_start_refuses_bad_arguments, 0},
    {"client_start_refuses_a_number_in_use", client_start_refuses_a_number_in_use, 0},
    {"invalid_handles_are_refused", invalid_handles_are_refused, 0},
    {"a_freed_client_never_comes_back", a_freed_client_never_comes_back, 0},
    {"unknown_streams_are_no_error", unknown_streams_are_no_error, 0},
    {"wake_fd_bears_any_number", wake_fd_bears_any_number, 0},
    {"half_a_surrogate_pair_is_sent_as_a_replacement",
     half_a_surrogate_pair_is_sent_as_a_replacement, 0},
    {"every_error_has_its_name", every_error_has_its_name, 0},
    {"the_library_knows_its_version", the_library_knows_its_version, 0},
};
SUITE_END(arguments)
