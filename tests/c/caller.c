/* See caller.h. */
#include "caller.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "mock.h"

Caller caller_open_with_wake(size_t count, const char *options, llm_wake_callback wake, void *ctx) {
  Caller caller;
  memset(&caller, 0, sizeof caller);
  caller.count = count;
  caller.streams = calloc(count, sizeof *caller.streams);
  CHECK(caller.streams != NULL);
  LlmError error = llm_client_new(options ? options : MOCK_OPTIONS, wake, ctx, &caller.client);
  if (error != LLM_ERROR_OK) check_fail(__FILE__, __LINE__, "no client: %s", llm_last_error());
  CHECK(caller.client != NULL);
  return caller;
}

Caller caller_open(size_t count, const char *options) {
  return caller_open_with_wake(count, options, NULL, NULL);
}

void caller_start(Caller *caller, uint64_t stream, const char *key, const char *more) {
  char request[2048];
  mock_request(key, more, request, sizeof request);
  LlmError error = llm_client_start(caller->client, stream, "openai", request);
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
static void record(Caller *caller, const LlmEvent *event) {
  CHECK(event->data != NULL);
  CHECK(event->error == LLM_ERROR_OK || event->kind == LLM_EVENT_END);
  if (event->kind == LLM_EVENT_LOG) {
    CHECK_NUMBER(event->stream, 0);
    return;
  }
  CHECK(event->stream >= 1 && event->stream <= caller->count);
  Transcript *transcript = &caller->streams[event->stream - 1];
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
      caller->ended += 1;
      break;
    default:
      break;
  }
}

size_t caller_poll(Caller *caller, int64_t timeout_ms) {
  const LlmEvent *events = NULL;
  size_t count = llm_client_poll(caller->client, timeout_ms, &events);
  for (size_t i = 0; i < count; i++) {
    record(caller, &events[i]);
    if (!caller->keeps_window_shut && events[i].stream != 0) {
      llm_client_consumed(caller->client, events[i].stream, events[i].length);
    }
  }
  return count;
}

void caller_poll_until_ended(Caller *caller, size_t ended) {
  while (caller->ended < ended) {
    caller_poll(caller, -1);
  }
}

void caller_poll_until_text(Caller *caller, uint64_t stream, size_t bytes) {
  const Transcript *transcript = &caller->streams[stream - 1];
  while (transcript->length < bytes) {
    if (transcript->ends) check_fail(__FILE__, __LINE__, "ended early: %s", transcript->end);
    caller_poll(caller, -1);
  }
}

void caller_forget(Caller *caller, uint64_t stream) {
  Transcript *transcript = &caller->streams[stream - 1];
  caller->ended -= transcript->ends;
  free(transcript->text);
  free(transcript->start);
  free(transcript->end);
  memset(transcript, 0, sizeof *transcript);
}

void caller_free(Caller *caller) {
  llm_client_free(caller->client);
  for (uint64_t stream = 1; stream <= caller->count; stream++) {
    caller_forget(caller, stream);
  }
  free(caller->streams);
  memset(caller, 0, sizeof *caller);
}
