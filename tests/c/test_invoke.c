/* llm_invoke: tokens on the calling thread, the end of the stream as its value, llm_last_error. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "json.h"
#include "liter_llm.h"
#include "mock.h"
#include "suites.h"

typedef struct Tokens {
  char text[1024];
  size_t length;
  size_t count;
  pthread_t thread;
  int moved; /* a token came on another thread */
} Tokens;

static void collect(const char *token, size_t length, void *ctx) {
  Tokens *tokens = ctx;
  CHECK(length > 0 && tokens->length + length < sizeof tokens->text);
  memcpy(tokens->text + tokens->length, token, length);
  tokens->length += length;
  tokens->count += 1;
  if (!pthread_equal(tokens->thread, pthread_self())) tokens->moved = 1;
}

static LlmError invoke(const char *key, const char *more, Tokens *tokens) {
  char request[1024];
  memset(tokens, 0, sizeof *tokens);
  tokens->thread = pthread_self();
  return llm_invoke("openai", mock_request(key, more, request, sizeof request), collect, tokens);
}

static void invoke_echo(void) {
  Tokens tokens;
  mock_plan("echo", "{\"answer\":{\"text\":\"Hello wide world\"}}");
  CHECK_NUMBER(invoke("echo", "", &tokens), LLM_ERROR_OK);
  CHECK_TEXT(tokens.text, "Hello wide world");
  CHECK_NUMBER(tokens.count, 3);
  CHECK(!tokens.moved);
  CHECK_TEXT(llm_last_error(), "{}");
}

static void invoke_takes_the_provider_from_the_model(void) {
  char url[256];
  char request[1024];
  Tokens tokens = {"", 0, 0, pthread_self(), 0};
  mock_plan("prefix", "{\"answer\":{\"text\":\"yes\"}}");
  snprintf(request, sizeof request,
           "{\"model\":\"openai/gpt-test\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
           "\"api_key\":\"test-key\",\"base_url\":\"%s\"}",
           mock_base_url("prefix", url, sizeof url));
  CHECK_NUMBER(llm_invoke("", request, collect, &tokens), LLM_ERROR_OK);
  char *seen = mock_seen("prefix");
  CHECK_HOLDS(seen, "\"gpt-test\"");
  CHECK_TEXT(tokens.text, "yes");
  free(seen);
}

static void invoke_takes_whole_responses(void) {
  Tokens tokens;
  mock_plan("whole", "{\"answer\":{\"text\":\"all at once\"}}");
  CHECK_NUMBER(invoke("whole", ",\"stream\":false", &tokens), LLM_ERROR_OK);
  CHECK_TEXT(tokens.text, "all at once");
}

/* README's first lines: the key and the base URL come from the environment, per call. */
static void invoke_reads_the_environment(void) {
  char url[256];
  Tokens tokens = {"", 0, 0, pthread_self(), 0};
  const char *request =
      "{\"model\":\"test-model\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  unsetenv("OPENAI_API_KEY");
  unsetenv("OPENAI_BASE_URL");
  CHECK_NUMBER(llm_invoke("openai", request, collect, &tokens), LLM_ERROR_CONFIG);
  CHECK_HOLDS(llm_last_error(), "OPENAI_API_KEY");
  mock_plan("environment", "{\"answer\":{\"text\":\"found\"}}");
  setenv("OPENAI_BASE_URL", mock_base_url("environment", url, sizeof url), 1);
  setenv("OPENAI_API_KEY", "environment-key", 1);
  CHECK_NUMBER(llm_invoke("openai", request, collect, &tokens), LLM_ERROR_OK);
  CHECK_TEXT(tokens.text, "found");
  char *seen = mock_seen("environment");
  CHECK_HOLDS(seen, "Bearer environment-key");
  free(seen);
}

static void cancel(const char *token, size_t length, void *ctx) {
  collect(token, length, ctx);
  CHECK_NUMBER(llm_invoke_cancel(), LLM_ERROR_OK);
}

/* The provider would send for ever. */
static void invoke_is_cancelled_by_its_callback(void) {
  char request[1024];
  Tokens tokens = {"", 0, 0, pthread_self(), 0};
  CHECK_NUMBER(llm_invoke_cancel(), LLM_ERROR_INVALID_ARGUMENT);
  mock_plan("enough", MOCK_CUT_STREAM("{\"token\":\"a\"},{\"token\":\"b\"},{\"hang\":true}"));
  mock_request("enough", "", request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, cancel, &tokens), LLM_ERROR_CANCELLED);
  CHECK_HOLDS(llm_last_error(), "the callback cancelled the call");
  CHECK_TEXT(tokens.text, "a");
  free(mock_wait("enough", "closed=1"));
  mock_plan("more", "{\"answer\":{\"text\":\"one two\"}}");
  CHECK_NUMBER(invoke("more", "", &tokens), LLM_ERROR_OK);
  CHECK_TEXT(tokens.text, "one two");
}

static void invoke_keeps_nul_bytes(void) {
  Tokens tokens;
  mock_plan("nul", MOCK_STREAM("{\"token\":\"a\\u0000b\"}"));
  CHECK_NUMBER(invoke("nul", "", &tokens), LLM_ERROR_OK);
  CHECK_NUMBER(tokens.count, 1);
  CHECK_NUMBER(tokens.length, 3);
  CHECK(memcmp(tokens.text, "a\0b", 3) == 0);
}

typedef struct Ending {
  const char *step;
  const char *more;
  LlmError error;
} Ending;

#define STATUS(status) "{\"status\":" #status ",\"error\":{\"message\":\"no\",\"type\":\"t\"}}"

static void invoke_returns_how_it_ended(void) {
  static const Ending endings[] = {
      {STATUS(400), "", LLM_ERROR_INVALID_REQUEST},
      {STATUS(401), "", LLM_ERROR_AUTHENTICATION},
      {STATUS(403), "", LLM_ERROR_PERMISSION},
      {STATUS(404), "", LLM_ERROR_NOT_FOUND},
      {STATUS(429), "", LLM_ERROR_RATE_LIMITED},
      {STATUS(500), "", LLM_ERROR_PROVIDER},
      {"{\"before_request\":[{\"reset\":true}]}", "", LLM_ERROR_NETWORK},
      {"{\"raw\":[{\"hang\":true}]}", ",\"headers_timeout_ms\":50", LLM_ERROR_TIMEOUT},
      {"{\"fault\":\"F30\"}", "", LLM_ERROR_TRUNCATED},
      {"{\"fault\":\"F39\"}", "", LLM_ERROR_PROTOCOL},
  };
  for (size_t i = 0; i < CHECK_COUNT(endings); i++) {
    char more[128];
    char kind[64];
    Tokens tokens;
    snprintf(more, sizeof more, ",\"retries_max\":0%s", endings[i].more);
    mock_plan("ending", endings[i].step);
    LlmError error = invoke("ending", more, &tokens);
    if (error != endings[i].error) {
      check_fail(__FILE__, __LINE__, "%s ended as %s, not %s: %s", endings[i].step,
                 llm_error_name(error), llm_error_name(endings[i].error), llm_last_error());
    }
    json_text(llm_last_error(), "kind", kind, sizeof kind);
    CHECK_TEXT(kind, llm_error_name(error));
    CHECK_NUMBER(json_number(llm_last_error(), "number"), error);
    CHECK(json_find(llm_last_error(), "message") != NULL);
  }
}

static void *last_error_of_a_new_thread(void *text) {
  snprintf(text, 256, "%s", llm_last_error());
  return NULL;
}

static void invoke_keeps_its_error_for_its_thread(void) {
  Tokens tokens;
  char elsewhere[256];
  pthread_t thread;
  mock_plan("secret",
            "{\"status\":401,\"error\":{\"message\":\"wrong key test-key\",\"type\":\"auth\","
            "\"code\":\"invalid_api_key\"}}");
  CHECK_NUMBER(invoke("secret", "", &tokens), LLM_ERROR_AUTHENTICATION);
  CHECK_NUMBER(json_number(llm_last_error(), "status"), 401);
  CHECK_HOLDS(llm_last_error(), "invalid_api_key");
  CHECK(strstr(llm_last_error(), "test-key") == NULL);
  CHECK(pthread_create(&thread, NULL, last_error_of_a_new_thread, elsewhere) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK_TEXT(elsewhere, "{}");
}

/* What a callback may do: use clients, but not llm_invoke. */
static void call_back_in(const char *token, size_t length, void *ctx) {
  int *calls = ctx;
  char request[1024];
  (void)token;
  (void)length;
  CHECK_NUMBER(
      llm_invoke("openai", mock_request("inner", "", request, sizeof request), call_back_in, ctx),
      LLM_ERROR_INVALID_ARGUMENT);
  CHECK_HOLDS(llm_last_error(), "callback");
  LlmClient *client = NULL;
  CHECK_NUMBER(llm_client_new(MOCK_OPTIONS, NULL, NULL, &client), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_start(client, 1, "openai", request), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_cancel(client, 1), LLM_ERROR_OK);
  const LlmEvent *events = NULL;
  CHECK(llm_client_poll(client, -1, &events) >= 1);
  llm_client_free(client);
  *calls += 1;
}

static void invoke_inside_its_callback_is_refused(void) {
  char request[1024];
  int calls = 0;
  mock_plan("outer", "{\"answer\":{\"text\":\"one two three\"}}");
  CHECK_NUMBER(llm_invoke("openai", mock_request("outer", "", request, sizeof request),
                          call_back_in, &calls),
               LLM_ERROR_OK);
  CHECK_NUMBER(calls, 3);
}

static void invoke_keeps_text_of_a_cut_response(void) {
  Tokens tokens;
  mock_plan("cut", MOCK_CUT_STREAM("{\"token\":\"one \"},{\"token\":\"two\"},{\"reset\":true}"));
  CHECK_NUMBER(invoke("cut", "", &tokens), LLM_ERROR_TRUNCATED);
  CHECK(strncmp("one two", tokens.text, tokens.length) == 0);
}

typedef struct Sum {
  size_t bytes;
  size_t calls;
} Sum;

static void add_up(const char *token, size_t length, void *ctx) {
  Sum *sum = ctx;
  for (size_t i = 0; i < length; i++) CHECK_NUMBER(token[i], "0123456789abcdef"[i % 16]);
  sum->bytes += length;
  sum->calls += 1;
}

/* Far past the stream's window: the call acknowledges what it has delivered. */
static void invoke_takes_responses_longer_than_the_window(void) {
  enum { TOKENS = 300000 };
  Sum sum = {0, 0};
  char request[1024];
  mock_plan("long",
            MOCK_STREAM("{\"repeat\":300000,\"actions\":[{\"token\":\"0123456789abcdef\"}]}"));
  mock_request("long", "", request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, add_up, &sum), LLM_ERROR_OK);
  CHECK_NUMBER(sum.calls, TOKENS);
  CHECK_NUMBER(sum.bytes, 16 * TOKENS);
}

static void *invoke_once(void *request) {
  LlmError error = llm_invoke("openai", request, add_up, NULL);
  return error == LLM_ERROR_PROVIDER ? request : NULL;
}

/* The calls of a process share one retry budget (500 tokens, 5 for a retry), so a provider that
 * fails for all of them does not get three requests from each. */
static void invoke_shares_one_retry_budget(void) {
  enum { CALLS = 100, RETRIES = 100 };
  static pthread_t threads[CALLS];
  char request[1024];
  mock_plan("outage", STATUS(500));
  mock_request("outage", ",\"retries_max\":2", request, sizeof request);
  for (int i = 0; i < CALLS; i++) {
    CHECK(pthread_create(&threads[i], NULL, invoke_once, request) == 0);
  }
  for (int i = 0; i < CALLS; i++) {
    void *failed = NULL;
    CHECK(pthread_join(threads[i], &failed) == 0 && failed != NULL);
  }
  char query[32];
  snprintf(query, sizeof query, "requests=%d", CALLS + RETRIES);
  CHECK(mock_happens("outage", query, 0));
  snprintf(query, sizeof query, "requests=%d", CALLS + RETRIES + 1);
  CHECK(!mock_happens("outage", query, 0));
}

const CheckTest invoke_tests[] = {
    {"invoke_echo", invoke_echo, 0},
    {"invoke_takes_the_provider_from_the_model", invoke_takes_the_provider_from_the_model, 0},
    {"invoke_takes_whole_responses", invoke_takes_whole_responses, 0},
    {"invoke_reads_the_environment", invoke_reads_the_environment, 0},
    {"invoke_is_cancelled_by_its_callback", invoke_is_cancelled_by_its_callback, 0},
    {"invoke_keeps_nul_bytes", invoke_keeps_nul_bytes, 0},
    {"invoke_returns_how_it_ended", invoke_returns_how_it_ended, 0},
    {"invoke_keeps_its_error_for_its_thread", invoke_keeps_its_error_for_its_thread, 0},
    {"invoke_inside_its_callback_is_refused", invoke_inside_its_callback_is_refused, 0},
    {"invoke_keeps_text_of_a_cut_response", invoke_keeps_text_of_a_cut_response, 0},
    {"invoke_takes_responses_longer_than_the_window", invoke_takes_responses_longer_than_the_window,
     0},
    {"invoke_shares_one_retry_budget", invoke_shares_one_retry_budget, 60},
};
SUITE_END(invoke)
