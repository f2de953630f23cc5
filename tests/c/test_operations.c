/* The operations beside chat: vectors as bytes, in order, aligned and within the window; results;
 * llm_invoke. The vector of a text is that of tests/mock. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "json.h"
#include "liter_llm.h"
#include "mock.h"
#include "suites.h"

enum { WINDOW_BYTES = 262144, EVENT_BYTES = 262144, QUIET_MS = 300 };

/* What one stream delivered. */
typedef struct Seen {
  LlmClient *client;
  int keeps_window_shut;
  size_t starts;
  size_t events; /* of VECTORS */
  size_t vectors;
  size_t bytes;
  size_t dimension;
  float *values;
  size_t text; /* bytes of TEXT */
  char *result;
  char *end;
  LlmError error;
} Seen;

static Seen begin(const char *options) {
  Seen seen;
  memset(&seen, 0, sizeof seen);
  LlmError error = llm_client_new(options ? options : MOCK_OPTIONS, NULL, NULL, &seen.client);
  if (error != LLM_ERROR_OK) check_fail(__FILE__, __LINE__, "no client: %s", llm_last_error());
  return seen;
}

static void finish(Seen *seen) {
  llm_client_free(seen->client);
  free(seen->values);
  free(seen->result);
  free(seen->end);
}

static char *copy_of(const LlmEvent *event) {
  char *copy = malloc(event->length + 1);
  CHECK(copy != NULL);
  memcpy(copy, event->data, event->length);
  copy[event->length] = 0;
  return copy;
}

/* Rule 4: whole vectors of one length, from an address that is a multiple of 16. */
static void record_vectors(Seen *seen, const LlmEvent *event) {
  CHECK_NUMBER(seen->starts, 1);
  CHECK_NUMBER((uintptr_t)event->data % 16, 0);
  CHECK(event->count > 0 && event->ends != NULL);
  size_t each = event->ends[0];
  for (size_t i = 0; i < event->count; i++) CHECK_NUMBER(event->ends[i], (i + 1) * each);
  CHECK_NUMBER(event->length, event->count * each);
  CHECK(event->length <= EVENT_BYTES || event->count <= 4);
  if (seen->dimension == 0) seen->dimension = each / sizeof(float);
  CHECK_NUMBER(seen->dimension, each / sizeof(float));
  seen->values = realloc(seen->values, seen->bytes + event->length);
  CHECK(seen->values != NULL);
  memcpy((char *)seen->values + seen->bytes, event->data, event->length);
  seen->bytes += event->length;
  seen->vectors += event->count;
  seen->events += 1;
}

static void record(Seen *seen, const LlmEvent *event) {
  CHECK(seen->end == NULL);
  if (event->kind == LLM_EVENT_START) seen->starts += 1;
  if (event->kind == LLM_EVENT_VECTORS) record_vectors(seen, event);
  if (event->kind == LLM_EVENT_RESULT) {
    CHECK(seen->result == NULL);
    CHECK(event->ends == NULL && event->count == 0);
    seen->result = copy_of(event);
  }
  if (event->kind == LLM_EVENT_END) {
    seen->end = copy_of(event);
    seen->error = event->error;
  }
}

/* Records stream 1; of others it counts the text. */
static size_t poll_once(Seen *seen, int64_t timeout_ms) {
  const LlmEvent *events = NULL;
  size_t count = llm_client_poll(seen->client, timeout_ms, &events);
  for (size_t i = 0; i < count; i++) {
    if (events[i].stream == 1) record(seen, &events[i]);
    if (events[i].kind == LLM_EVENT_TEXT) seen->text += events[i].length;
    if (!seen->keeps_window_shut || events[i].stream != 1)
      llm_client_consumed(seen->client, events[i].stream, events[i].length);
  }
  return count;
}

static void poll_until_end(Seen *seen) {
  while (!seen->end) poll_once(seen, -1);
}

/* Starts stream 1: an embed of the texts "text 0", "text 1" and so on. */
static void start_embed(Seen *seen, const char *key, size_t count, const char *more) {
  char url[256];
  char *request = malloc(count * 16 + 1024);
  CHECK(request != NULL);
  size_t length = (size_t)sprintf(request,
                                  "{\"operation\":\"embed\",\"model\":\"m\",\"base_url\":\"%s\"%s,"
                                  "\"input\":[",
                                  mock_base_url(key, url, sizeof url), more);
  for (size_t i = 0; i < count; i++)
    length += (size_t)sprintf(request + length, "%s\"text %zu\"", i ? "," : "", i);
  strcpy(request + length, "]}");
  CHECK_NUMBER(llm_client_start(seen->client, 1, "openai", request), LLM_ERROR_OK);
  free(request);
}

static uint32_t crc_of(const char *text) {
  uint32_t crc = 0xFFFFFFFF;
  for (; *text; text++) {
    crc ^= (unsigned char)*text;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

/* Checks that these vectors are those of the inputs from `first` on. */
static void check_vectors(const Seen *seen, size_t at, size_t first, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char text[32];
    snprintf(text, sizeof text, "text %zu", first + i);
    uint32_t state = crc_of(text) | 1;
    const float *vector = seen->values + (at + i) * seen->dimension;
    for (size_t n = 0; n < seen->dimension; n++) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      float expected = ((float)(state >> 8) / 16777216.0F - 0.5F) / 10.0F;
      if (vector[n] != expected)
        check_fail(__FILE__, __LINE__, "%s[%zu] is %g, not %g", text, n, (double)vector[n],
                   (double)expected);
    }
  }
}

static void embed_gives_every_vector_in_order(void) {
  Seen seen = begin(NULL);
  start_embed(&seen, "embed", 300, ",\"dimensions\":1024,\"inputs_per_request\":50");
  poll_until_end(&seen);
  CHECK_NUMBER(seen.error, LLM_ERROR_OK);
  CHECK_NUMBER(seen.vectors, 300);
  CHECK_NUMBER(seen.dimension, 1024);
  CHECK(seen.events >= 6);
  check_vectors(&seen, 0, 0, 300);
  CHECK_NUMBER(json_number(seen.end, "requests"), 6);
  CHECK_NUMBER(json_number(seen.end, "dimensions"), 1024);
  CHECK_NUMBER(json_number(seen.end, "count"), 300);
  CHECK_NUMBER(json_number(seen.end, "input_tokens"), 600);
  finish(&seen);
}

/* A length that is no multiple of 16 bytes, and text of another stream beside it. */
static void embed_is_aligned_beside_text(void) {
  Seen seen = begin(NULL);
  char request[1024];
  mock_plan("beside", "{\"answer\":{\"text\":\"an odd text\"}}");
  for (uint64_t stream = 2; stream <= 9; stream++)
    CHECK_NUMBER(llm_client_start(seen.client, stream, "openai",
                                  mock_request("beside", "", request, sizeof request)),
                 LLM_ERROR_OK);
  start_embed(&seen, "odd", 37, ",\"dimensions\":3,\"inputs_per_request\":5");
  while (!seen.end || seen.text < 8 * strlen("an odd text")) poll_once(&seen, -1);
  CHECK_NUMBER(seen.vectors, 37);
  check_vectors(&seen, 0, 0, 37);
  finish(&seen);
}

/* One part alone is larger than the window. */
static void embed_unread_is_bounded(void) {
  Seen seen = begin(NULL);
  seen.keeps_window_shut = 1;
  start_embed(&seen, "window", 512, ",\"dimensions\":1536,\"inputs_per_request\":256");
  while (seen.vectors == 0) poll_once(&seen, -1);
  while (poll_once(&seen, QUIET_MS) > 0) {
  }
  CHECK(seen.bytes <= WINDOW_BYTES + EVENT_BYTES);
  CHECK(seen.end == NULL);
  seen.keeps_window_shut = 0;
  llm_client_consumed(seen.client, 1, 2 * (WINDOW_BYTES + EVENT_BYTES));
  poll_until_end(&seen);
  CHECK_NUMBER(seen.error, LLM_ERROR_OK);
  CHECK_NUMBER(seen.vectors, 512);
  check_vectors(&seen, 0, 0, 512);
  finish(&seen);
}

static void embed_cancel_ends_once(void) {
  Seen seen = begin(NULL);
  seen.keeps_window_shut = 1;
  start_embed(&seen, "cancel-embed", 512, ",\"dimensions\":1536,\"inputs_per_request\":64");
  while (seen.vectors == 0) poll_once(&seen, -1);
  llm_client_cancel(seen.client, 1);
  poll_until_end(&seen);
  CHECK_NUMBER(seen.error, LLM_ERROR_CANCELLED);
  CHECK_NUMBER(json_number(seen.end, "count"), seen.vectors);
  char ranges[128];
  snprintf(ranges, sizeof ranges, "\"finished_ranges\":[[0,%zu]],\"failed_ranges\":[[%zu,512]]",
           seen.vectors, seen.vectors);
  CHECK_HOLDS(seen.end, ranges);
  check_vectors(&seen, 0, 0, seen.vectors);
  CHECK_NUMBER(poll_once(&seen, 0), 0);
  finish(&seen);
}

/* The mock does not say which of the four gets the error, but the ranges do. */
static void embed_that_fails_says_what_came(void) {
  Seen seen = begin(NULL);
  mock_plan("fails",
            "{\"answer\":{\"text\":\"\"},\"times\":2},"
            "{\"status\":400,\"error\":{\"message\":\"odd\",\"type\":\"t\"}}");
  start_embed(&seen, "fails", 40, ",\"inputs_per_request\":10");
  poll_until_end(&seen);
  CHECK_NUMBER(seen.error, LLM_ERROR_INVALID_REQUEST);
  CHECK_NUMBER(json_number(seen.end, "count"), seen.vectors);
  CHECK_HOLDS(seen.end, "\"failed_ranges\":[[");
  const char *ranges = strstr(seen.end, "\"finished_ranges\":[");
  size_t at = 0;
  for (ranges = ranges ? strchr(ranges, '[') + 1 : ""; *ranges == '['; ranges++) {
    size_t first = 0;
    size_t end = 0;
    CHECK_NUMBER(sscanf(ranges, "[%zu,%zu]", &first, &end), 2);
    check_vectors(&seen, at, first, end - first);
    at += end - first;
    ranges = strchr(ranges, ']') + 1;
  }
  CHECK_NUMBER(at, seen.vectors);
  finish(&seen);
}

static void embed_of_nothing_sends_nothing(void) {
  Seen seen = begin(NULL);
  start_embed(&seen, "nothing", 0, "");
  poll_until_end(&seen);
  CHECK_NUMBER(seen.error, LLM_ERROR_OK);
  CHECK_NUMBER(seen.vectors + seen.starts, 0);
  CHECK(!mock_happens("nothing", "requests=1", 1));
  finish(&seen);
}

/* A request whose base URL is that of a key without /v1. */
static const char *request_of(const char *key, const char *fields, char *buffer, size_t size) {
  char url[256];
  mock_base_url(key, url, sizeof url);
  url[strlen(url) - 3] = 0;
  snprintf(buffer, size, "{\"base_url\":\"%s\",\"api_key\":\"test-key\",%s}", url, fields);
  return buffer;
}

#define RERANK                                                        \
  "\"operation\":\"rerank\",\"model\":\"m\",\"query\":\"a red fox\"," \
  "\"documents\":[\"blue whale\",{\"text\":\"the red fox\"}],\"top_n\":1"
#define COUNT                                                    \
  "\"operation\":\"count_tokens\",\"model\":\"m\",\"messages\":" \
  "[{\"role\":\"user\",\"content\":\"three small words\"}]"

static void results_come_once_and_whole(void) {
  static const struct {
    const char *provider;
    const char *fields;
    const char *parts[3];
  } rows[] = {
      {"cohere", RERANK, {"{\"results\":[{\"index\":1,\"score\":", "{\"text\":\"the red fox\"}"}},
      {"anthropic", "\"operation\":\"models\"", {"{\"models\":[", "\"model-a\"", "\"model-e\""}},
      {"anthropic", COUNT, {"{\"input_tokens\":3"}},
  };
  for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
    char request[1024];
    char key[32];
    snprintf(key, sizeof key, "result-%zu", i);
    Seen seen = begin(NULL);
    request_of(key, rows[i].fields, request, sizeof request);
    CHECK_NUMBER(llm_client_start(seen.client, 1, rows[i].provider, request), LLM_ERROR_OK);
    poll_until_end(&seen);
    if (seen.error != LLM_ERROR_OK) check_fail(__FILE__, __LINE__, "%s", seen.end);
    CHECK_NUMBER(seen.starts, 1);
    for (size_t part = 0; part < 3 && rows[i].parts[part]; part++)
      CHECK_HOLDS(seen.result, rows[i].parts[part]);
    finish(&seen);
  }
}

static void keep(const char *token, size_t length, void *ctx) {
  Seen *seen = ctx;
  CHECK(seen->result == NULL);
  LlmEvent event = {.data = token, .length = length};
  seen->result = copy_of(&event);
}

static void invoke_hands_over_a_result_at_once(void) {
  char request[1024];
  Seen seen;
  memset(&seen, 0, sizeof seen);
  request_of("invoke-count", COUNT, request, sizeof request);
  CHECK_NUMBER(llm_invoke("anthropic", request, keep, &seen), LLM_ERROR_OK);
  CHECK_HOLDS(seen.result, "{\"input_tokens\":3");
  free(seen.result);
}

static void invoke_refuses_an_embed(void) {
  char request[1024];
  Seen seen;
  memset(&seen, 0, sizeof seen);
  request_of("invoke-embed", "\"operation\":\"embed\",\"model\":\"m\",\"input\":\"a\"", request,
             sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, keep, &seen), LLM_ERROR_INVALID_REQUEST);
  CHECK_HOLDS(llm_last_error(), "llm_client_start");
  CHECK(seen.result == NULL);
  CHECK(!mock_happens("invoke-embed", "requests=1", 1));
}

/* One request is under way and holds the only place, one waits. */
static void stats_come_at_once_from_a_full_client(void) {
  char request[1024];
  Seen seen = begin(
      "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"retries_max\":0,"
      "\"streams_max\":1}");
  mock_plan("full", "{\"raw\":[{\"hang\":true}]}");
  mock_request("full", "", request, sizeof request);
  CHECK_NUMBER(llm_client_start(seen.client, 2, "openai", request), LLM_ERROR_OK);
  free(mock_wait("full", "requests=1"));
  CHECK_NUMBER(llm_client_start(seen.client, 3, "openai", request), LLM_ERROR_OK);
  for (int tries = 0; tries < 100000; tries++) {
    free(seen.result);
    free(seen.end);
    seen.result = seen.end = NULL;
    CHECK_NUMBER(llm_client_start(seen.client, 1, "openai", "{\"operation\":\"stats\"}"),
                 LLM_ERROR_OK);
    poll_until_end(&seen);
    CHECK_NUMBER(seen.error, LLM_ERROR_OK);
    /* The task of the last stream begins when a worker has time. */
    if (strstr(seen.result, "\"queued\":1")) break;
  }
  CHECK_HOLDS(seen.result, "{\"live\":2,\"queued\":1,\"providers\":{\"openai\":{\"requests\":1,");
  CHECK_NUMBER(seen.starts, 0);
  finish(&seen);
}

const CheckTest operations_tests[] = {
    {"embed_gives_every_vector_in_order", embed_gives_every_vector_in_order, 0},
    {"embed_is_aligned_beside_text", embed_is_aligned_beside_text, 0},
    {"embed_unread_is_bounded", embed_unread_is_bounded, 0},
    {"embed_cancel_ends_once", embed_cancel_ends_once, 0},
    {"embed_that_fails_says_what_came", embed_that_fails_says_what_came, 0},
    {"embed_of_nothing_sends_nothing", embed_of_nothing_sends_nothing, 0},
    {"results_come_once_and_whole", results_come_once_and_whole, 0},
    {"stats_come_at_once_from_a_full_client", stats_come_at_once_from_a_full_client, 0},
    {"invoke_hands_over_a_result_at_once", invoke_hands_over_a_result_at_once, 0},
    {"invoke_refuses_an_embed", invoke_refuses_an_embed, 0},
};
SUITE_END(operations)
