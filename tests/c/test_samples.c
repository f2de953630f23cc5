/* The samples of the README, run as programs of their own against the mock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "mock.h"
#include "suites.h"

/* Runs a sample with the environment that its README names; what it printed, and its exit code. */
static int run_sample(const char *name, const char *key, char *output, size_t size) {
  char path[1024];
  char url[256];
  const char *directory = getenv("LITER_LLM_SAMPLES");
  CHECK(directory != NULL);
  snprintf(path, sizeof path, "%s/%s", directory, name);
  setenv("OPENAI_API_KEY", "test-key", 1);
  setenv("OPENAI_BASE_URL", mock_base_url(key, url, sizeof url), 1);
  FILE *stream = popen(path, "r");
  CHECK(stream != NULL);
  size_t length = fread(output, 1, size - 1, stream);
  output[length] = 0;
  return WEXITSTATUS(pclose(stream));
}

static void sample_invoke_prints_the_response(void) {
  char output[1024];
  mock_plan("sample", "{\"answer\":{\"text\":\"Ownership moves with the value\"}}");
  CHECK_NUMBER(run_sample("invoke", "sample", output, sizeof output), 0);
  CHECK_TEXT(output, "Ownership moves with the value\n");
}

static void sample_invoke_reports_errors(void) {
  char output[1024];
  mock_plan("sample-error", "{\"status\":401,\"error\":{\"message\":\"no\",\"type\":\"t\"}}");
  CHECK_NUMBER(run_sample("invoke 2>&1", "sample-error", output, sizeof output), 1);
  CHECK_HOLDS(output, "AUTHENTICATION");
}

static void sample_poll_prints_both_responses(void) {
  char output[1024];
  mock_plan("sample-poll", "{\"answer\":{\"text\":\"one answer\"}}");
  CHECK_NUMBER(run_sample("poll", "sample-poll", output, sizeof output), 0);
  for (int stream = 1; stream <= 2; stream++) {
    char line[64];
    snprintf(line, sizeof line, "stream %d ended: OK, stop, ", stream);
    CHECK_HOLDS(output, line);
  }
  CHECK_HOLDS(output, "answer");
}

/* The provider would go on; both samples end after the first sentence. */
static void sample_stop_ends_after_a_sentence(void) {
  static const char *const samples[][2] = {
      {"stop", "One sentence.\n"},
      {"stop_cpp", "One sentence.\nthere is more\n"},
  };
  for (size_t i = 0; i < CHECK_COUNT(samples); i++) {
    char output[1024];
    mock_plan(
        samples[i][0],
        MOCK_CUT_STREAM("{\"token\":\"One \"},{\"token\":\"sentence. And\"},{\"hang\":true}"));
    CHECK_NUMBER(run_sample(samples[i][0], samples[i][0], output, sizeof output), 0);
    CHECK_TEXT(output, samples[i][1]);
    free(mock_wait(samples[i][0], "closed=1"));
  }
}

static void sample_stop_reports_errors(void) {
  char output[1024];
  mock_plan("stop-error",
            "{\"status\":429,\"headers\":[[\"retry-after\",\"3600\"]],"
            "\"error\":{\"message\":\"slow down\",\"type\":\"t\"}}");
  CHECK_NUMBER(run_sample("stop 2>&1", "stop-error", output, sizeof output), 1);
  CHECK_HOLDS(output, "RATE_LIMITED: {");
  CHECK_NUMBER(run_sample("stop_cpp 2>&1", "stop-error", output, sizeof output), 75);
  CHECK_HOLDS(output, "RATE_LIMITED, status 429: openai: 429 slow down");
  CHECK_HOLDS(output, "wait for 3600000 ms\n");
}

static void sample_cancel_closes_the_connection(void) {
  char output[1024];
  mock_plan("sample-cancel", MOCK_CUT_STREAM("{\"token\":\"one\"},{\"hang\":true}"));
  CHECK_NUMBER(run_sample("cancel", "sample-cancel", output, sizeof output), 0);
  CHECK_TEXT(output, "one\nended: CANCELLED\n");
  free(mock_wait("sample-cancel", "closed=1"));
}

static void sample_thousand_has_all_of_them(void) {
  char output[1024];
  mock_plan("sample-thousand", "{\"answer\":{\"text\":\"Hello world\"}}");
  CHECK_NUMBER(run_sample("thousand", "sample-thousand", output, sizeof output), 0);
  CHECK_TEXT(output, "1000 whole responses, 2000 tokens, 11000 bytes\n");
}

static void sample_client_prints_all_responses(void) {
  char output[1024];
  mock_plan("sample-client", "{\"answer\":{\"text\":\"Hello\"}}");
  CHECK_NUMBER(run_sample("invoke_cpp", "sample-client", output, sizeof output), 0);
  CHECK_TEXT(output, "Hello\n");
  CHECK_NUMBER(run_sample("client_cpp", "sample-client", output, sizeof output), 0);
  CHECK(strncmp(output, "Hello\n", 6) == 0);
  CHECK_HOLDS(output, "1: Hello\n");
  CHECK_HOLDS(output, "2: Hello\n");
  CHECK_HOLDS(output, "1 ended: stop, ");
  mock_plan("client-error", "{\"status\":401,\"error\":{\"message\":\"no\",\"type\":\"t\"}}");
  CHECK_NUMBER(run_sample("client_cpp 2>&1", "client-error", output, sizeof output), 1);
  CHECK_HOLDS(output, "AUTHENTICATION: openai: 401 no");
}

static void sample_embed_prints_dimension_and_norm(void) {
  char output[1024];
  CHECK_NUMBER(run_sample("embed", "sample-embed", output, sizeof output), 0);
  CHECK_HOLDS(output, "dimension 8, norm 0.");
  const char *second = strchr(output, '\n');
  CHECK(second != NULL);
  CHECK_HOLDS(second, "dimension 8, norm 0.");
}

/* The provider refuses the first token, and the sample gives the next one. */
static void sample_key_renews_a_token(void) {
  char output[1024];
  mock_plan(
      "sample-key",
      "{\"status\":401,\"error\":{\"message\":\"expired\"}},{\"answer\":{\"text\":\"Hello\"}}");
  CHECK_NUMBER(run_sample("key", "sample-key", output, sizeof output), 0);
  CHECK_TEXT(output, "Hello\n");
  char *seen = mock_seen("sample-key");
  CHECK_HOLDS(seen, "Bearer token-1");
  CHECK_HOLDS(seen, "Bearer token-2");
  free(seen);
}

static void sample_output_reads_fields_of_the_answer(void) {
  char output[1024];
  mock_plan(
      "sample-output",
      "{\"answer\":{\"text\":\"{\\\"inhabitants\\\":2,\\\"name\\\":\\\"Par\\\\u0069s\\\"}\"}},"
      "{\"answer\":{\"text\":\"{\\\"name\\\":\\\"Paris\\\"\"}}");
  CHECK_NUMBER(run_sample("output", "sample-output", output, sizeof output), 0);
  CHECK_TEXT(output, "Paris has 2 inhabitants\n");
  char *seen = mock_seen("sample-output");
  CHECK_HOLDS(seen, "\"json_schema\"");
  free(seen);
  CHECK_NUMBER(run_sample("output 2>&1", "sample-output", output, sizeof output), 1);
  CHECK_HOLDS(output, "not of the shape: {");
}

static void sample_script_prints_text_and_what_was_asked(void) {
  char output[1024];
  CHECK_NUMBER(run_sample("script", "sample-script", output, sizeof output), 0);
  CHECK_HOLDS(output, "Ownership moves with the value\n{");
  CHECK_HOLDS(output, "\"content\":\"Hello\"");
  CHECK_HOLDS(output, "\"requests_count\":2");
  CHECK_HOLDS(output, "\"answers_left\":0");
}

static void sample_tape_plays_what_it_recorded(void) {
  char output[1024];
  char file[] = "/tmp/liter-llm-tape-XXXXXX";
  int descriptor = mkstemp(file);
  CHECK(descriptor >= 0);
  close(descriptor);
  setenv("TAPE", file, 1);
  mock_plan("sample-tape", "{\"answer\":{\"text\":\"as it was recorded\"}}");
  CHECK_NUMBER(run_sample("tape", "sample-tape", output, sizeof output), 0);
  CHECK_TEXT(output, "as it was recorded\n");
  mock_plan("sample-tape", "{\"answer\":{\"text\":\"another one\"}}");
  CHECK_NUMBER(run_sample("tape", "sample-tape", output, sizeof output), 0);
  CHECK_TEXT(output, "as it was recorded\n");
  FILE *tape = fopen(file, "r");
  CHECK(tape != NULL);
  char text[8192];
  size_t length = fread(text, 1, sizeof text - 1, tape);
  text[length] = 0;
  fclose(tape);
  unlink(file);
  unsetenv("TAPE");
  CHECK(length > 0 && strstr(text, "test-key") == NULL);
}

const CheckTest samples_tests[] = {
    {"sample_invoke_prints_the_response", sample_invoke_prints_the_response, 0},
    {"sample_invoke_reports_errors", sample_invoke_reports_errors, 0},
    {"sample_poll_prints_both_responses", sample_poll_prints_both_responses, 0},
    {"sample_stop_ends_after_a_sentence", sample_stop_ends_after_a_sentence, 0},
    {"sample_stop_reports_errors", sample_stop_reports_errors, 0},
    {"sample_cancel_closes_the_connection", sample_cancel_closes_the_connection, 0},
    {"sample_thousand_has_all_of_them", sample_thousand_has_all_of_them, 0},
    {"sample_client_prints_all_responses", sample_client_prints_all_responses, 0},
    {"sample_embed_prints_dimension_and_norm", sample_embed_prints_dimension_and_norm, 0},
    {"sample_key_renews_a_token", sample_key_renews_a_token, 0},
    {"sample_output_reads_fields_of_the_answer", sample_output_reads_fields_of_the_answer, 0},
    {"sample_script_prints_text_and_what_was_asked", sample_script_prints_text_and_what_was_asked,
     0},
    {"sample_tape_plays_what_it_recorded", sample_tape_plays_what_it_recorded, 0},
};
SUITE_END(samples)
