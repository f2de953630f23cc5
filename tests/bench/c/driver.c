/* The C boundary: one thread starts all streams of one client and polls it. */
#include <stdio.h>
#include <stdlib.h>

#include "liter_llm.h"
#include "meter.h"

enum { TEXT_MAX = 2048 };

static LlmClient *client;
static Stream *streams;
static size_t started;

/* Streams are numbered from 1. */
static void start(void) {
  char request[TEXT_MAX];
  size_t index = started++;
  snprintf(
      request, sizeof request,
      "{\"model\": \"test-model\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}], "
      "\"stream\": %s, \"base_url\": \"%s/%s/v1\"}",
      arguments.whole ? "false" : "true", arguments.base_url, meter_key(index));
  streams[index] = meter_stream(index);
  if (llm_client_start(client, index + 1, "openai", request)) fail("start", llm_last_error());
}

static void take_end(const LlmEvent *event) {
  char error[TEXT_MAX];
  if (event->error)
    snprintf(error, sizeof error, "%s: %.*s", llm_error_name(event->error), (int)event->length,
             event->data);
  meter_end(&streams[event->stream - 1], event->error ? error : NULL);
}

/* Takes all there is; the next stream begins where one ended. */
static void turn(void) {
  const LlmEvent *events;
  size_t count = llm_client_poll(client, meter_wait_ms(), &events);
  for (size_t at = 0; at < count; at++) {
    const LlmEvent *event = &events[at];
    if (event->kind == LLM_EVENT_TEXT) {
      meter_text(&streams[event->stream - 1], event->data, event->length, event->ends,
                 event->count);
      llm_client_consumed(client, event->stream, event->length);
    } else if (event->kind == LLM_EVENT_END) {
      take_end(event);
      if (started < arguments.streams) start();
    }
  }
}

static void run(void) {
  started = 0;
  while (started < arguments.streams && started < arguments.concurrency) start();
  while (!meter_is_over()) turn();
}

int main(int count, char **words) {
  meter_start(count, words);
  char version[64], workers[64] = "", ca[TEXT_MAX] = "", options[2 * TEXT_MAX];
  if (arguments.workers)
    snprintf(workers, sizeof workers, ", \"worker_threads\": %zu", arguments.workers);
  if (arguments.ca) snprintf(ca, sizeof ca, ", \"ca_file\": \"%s\"", arguments.ca);
  snprintf(options, sizeof options, "{\"api_key\": \"test-key\", \"retries_max\": 0%s%s}", workers,
           ca);
  streams = calloc(arguments.streams + 1, sizeof(Stream));
  if (!streams || llm_client_new(options, NULL, NULL, &client)) fail("client", llm_last_error());
  snprintf(version, sizeof version, "liter-llm %s", llm_version());
  meter_measure(run, "c", version);
  llm_client_free(client);
  return 0;
}
