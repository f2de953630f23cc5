/* See caller.h. */
#include "caller.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "mock.h"

Host host_open_with_bell(size_t count, const char *options, llm_wake_callback wake, void *ctx) {
  Host host;
  memset(&host, 0, sizeof host);
  host.count = count;
  host.streams = calloc(count, sizeof *host.streams);
  CHECK(host.streams != NULL);
  LlmError error = llm_client_new(options ? options : MOCK_OPTIONS, wake, ctx, &host.client);
  if (error != LLM_ERROR_OK) check_fail(__FILE__, __LINE__, "no client: %s", llm_last_error());
  CHECK(host.client != NULL);
  return host;
}

Host host_open(size_t count, const char *options) {
  return host_open_with_bell(count, options, NULL, NULL);
}

void host_start(Host *host, uint64_t stream, const char *key, const char *more) {
  char request[2048];
  mock_request(key, more, request, sizeof request);
  LlmError error = llm_client_start(host->client, stream, "openai", request);
  if (error != LLM_ERROR_OK) check_fail(__FILE__, __LINE__, "no stream: %s", llm_last_error());
}

static char *copy_of(const char *data, size_t length) {
  char *copy = malloc(length + 1);
  CHECK(copy != NULL);
  memcpy(copy, data, length);
  copy[length] = 0;
  return copy;
}

/* Rule 4: deltas are cut at `ends`, none is empty, the last one ends the run, and no run begins
 * inside a character. */
static void record_text(Transcript *transcript, const LlmEvent *event) {
  size_t before = 0;
  CHECK(event->count > 0);
  for (size_t i = 0; i < event->count; i++) {
    CHECK(event->ends[i] > before);
    before = event->ends[i];
  }
  CHECK_NUMBER(before, event->length);
  CHECK(((unsigned char)event->data[0] & 0xC0) != 0x80);
  transcript->text = realloc(transcript->text, transcript->length + event->length + 1);
  CHECK(transcript->text != NULL);
  memcpy(transcript->text + transcript->length, event->data, event->length);
  transcript->length += event->length;
  transcript->text[transcript->length] = 0;
  transcript->deltas += event->count;
  transcript->runs += 1;
}

/* Rule 5: at most one START, before anything else; exactly one END, after everything else. */
static void record(Host *host, const LlmEvent *event) {
  CHECK(event->data != NULL);
  CHECK(event->error == LLM_ERROR_OK || event->kind == LLM_EVENT_END);
  if (event->kind == LLM_EVENT_LOG) {
    CHECK_NUMBER(event->stream, 0);
    return;
  }
  CHECK(event->stream >= 1 && event->stream <= host->count);
  Transcript *transcript = &host->streams[event->stream - 1];
  CHECK_NUMBER(transcript->ends, 0);
  switch (event->kind) {
    case LLM_EVENT_START:
      CHECK_NUMBER(transcript->starts, 0);
      CHECK_NUMBER(transcript->runs, 0);
      transcript->starts = 1;
      transcript->start = copy_of(event->data, event->length);
      break;
    case LLM_EVENT_TEXT:
      CHECK_NUMBER(transcript->starts, 1);
      record_text(transcript, event);
      break;
    case LLM_EVENT_END:
      transcript->ends = 1;
      transcript->error = event->error;
      transcript->end = copy_of(event->data, event->length);
      host->ended += 1;
      break;
    default:
      break;
  }
}

size_t host_poll(Host *host, int64_t timeout_ms) {
  const LlmEvent *events = NULL;
  size_t count = llm_client_poll(host->client, timeout_ms, &events);
  for (size_t i = 0; i < count; i++) {
    record(host, &events[i]);
    if (!host->keeps_window_shut && events[i].stream != 0) {
      llm_client_consumed(host->client, events[i].stream, events[i].length);
    }
  }
  return count;
}

void host_poll_until_ended(Host *host, size_t ended) {
  while (host->ended < ended) {
    host_poll(host, -1);
  }
}

void host_poll_until_text(Host *host, uint64_t stream, size_t bytes) {
  const Transcript *transcript = &host->streams[stream - 1];
  while (transcript->length < bytes) {
    if (transcript->ends) check_fail(__FILE__, __LINE__, "ended early: %s", transcript->end);
    host_poll(host, -1);
  }
}

void host_forget(Host *host, uint64_t stream) {
  Transcript *transcript = &host->streams[stream - 1];
  host->ended -= transcript->ends;
  free(transcript->text);
  free(transcript->start);
  free(transcript->end);
  memset(transcript, 0, sizeof *transcript);
}

void host_free(Host *host) {
  llm_client_free(host->client);
  for (uint64_t stream = 1; stream <= host->count; stream++) {
    host_forget(host, stream);
  }
  free(host->streams);
  memset(host, 0, sizeof *host);
}
