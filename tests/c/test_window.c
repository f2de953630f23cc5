/* Back-pressure (rule 11): what the caller does not read, the provider must keep. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

enum {
  WINDOW_BYTES = 262144,
  READ_BYTES = 65536, /* one read of a socket may pass the bound */
  QUIET_MS = 300
};

/* More than the socket buffers of both sides take (tcp_wmem and tcp_rmem decide: 4 to 8 MB seen,
 * F52), and far less than the flood. */
static const char KERNEL_BYTES[] = "bytes=16777216";

/* 64 MiB of tokens of 16 KiB, as fast as the socket takes them. */
static void plan_flood(const char *key) {
  enum { TOKEN_BYTES = 16384 };
  static char steps[TOKEN_BYTES + 1024];
  static char token[TOKEN_BYTES + 1];
  memset(token, 'x', TOKEN_BYTES);
  snprintf(steps, sizeof steps, MOCK_STREAM("{\"repeat\":4096,\"actions\":[{\"token\":\"%s\"}]}"),
           token);
  mock_plan(key, steps);
}

static void unread_is_bounded(void) {
  Caller caller = caller_open(1, NULL);
  caller.keeps_window_shut = 1;
  plan_flood("flood");
  caller_start(&caller, 1, "flood", "");
  caller_poll_until_text(&caller, 1, WINDOW_BYTES - READ_BYTES);
  while (caller_poll(&caller, QUIET_MS) > 0) {
  }
  size_t shut = caller.streams[0].length;
  CHECK(shut <= WINDOW_BYTES + READ_BYTES);
  CHECK(!mock_happens("flood", KERNEL_BYTES, QUIET_MS));

  llm_client_consumed(caller.client, 1, shut);
  caller_poll_until_text(&caller, 1, 2 * shut - READ_BYTES);
  while (caller_poll(&caller, QUIET_MS) > 0) {
  }
  CHECK(caller.streams[0].length <= shut + WINDOW_BYTES + READ_BYTES);
  CHECK_NUMBER(caller.streams[0].ends, 0);
  llm_client_cancel(caller.client, 1);
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_CANCELLED);
  caller_free(&caller);
}

static void unpolled_is_bounded(void) {
  enum { STREAMS = 8 };
  Caller caller = caller_open(STREAMS,
                              "{\"provider\":\"openai\",\"api_key\":\"test-key\","
                              "\"queue_bytes_max\":1048576,\"stream_window_bytes\":16777216}");
  plan_flood("unpolled");
  for (uint64_t stream = 1; stream <= STREAMS; stream++)
    caller_start(&caller, stream, "unpolled", "");
  free(mock_wait("unpolled", "requests=8"));
  CHECK(!mock_happens("unpolled", "bytes=60000000", 3 * QUIET_MS));
  size_t bytes = 0;
  caller_poll(&caller, -1);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) bytes += caller.streams[stream - 1].length;
  CHECK(bytes > 0 && bytes <= 1048576 + STREAMS * READ_BYTES);
  caller_free(&caller);
}

/* A caller that reads gets all of it, whatever the window, down to a single byte. */
static void consumed_reopens_a_small_window(void) {
  static const int windows[] = {1, 7, 100, 4096};
  mock_plan("small",
            MOCK_STREAM("{\"repeat\":2000,\"actions\":[{\"token\":\"0123456789abcdef\"}]}"));
  for (size_t i = 0; i < CHECK_COUNT(windows); i++) {
    char options[256];
    snprintf(options, sizeof options,
             "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"stream_window_bytes\":%d}",
             windows[i]);
    Caller caller = caller_open(1, options);
    caller_start(&caller, 1, "small", "");
    caller_poll_until_ended(&caller, 1);
    CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
    CHECK_NUMBER(caller.streams[0].length, 32000);
    CHECK_NUMBER(caller.streams[0].deltas, 2000);
    caller_free(&caller);
  }
}

/* With a queue that is full after one event, every stream that waits for room gets it. */
static void room_in_the_queue_wakes_every_stream(void) {
  enum { STREAMS = 8 };
  Caller caller = caller_open(STREAMS,
                              "{\"provider\":\"openai\",\"api_key\":\"test-key\","
                              "\"queue_bytes_max\":1}");
  mock_plan("room", MOCK_STREAM("{\"token\":\"one \"},{\"await\":\"go\"},{\"token\":\"two \"},"
                                "{\"token\":\"three\"}"));
  for (uint64_t stream = 1; stream <= STREAMS; stream++) caller_start(&caller, stream, "room", "");
  for (uint64_t stream = 1; stream <= STREAMS; stream++) caller_poll_until_text(&caller, stream, 4);
  mock_signal("room", "go");
  caller_poll_until_ended(&caller, STREAMS);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_OK);
    CHECK_TEXT(caller.streams[stream - 1].text, "one two three");
  }
  caller_free(&caller);
}

/* A stream that waits for room, or for its window, closes its connection when it is cancelled,
 * though nobody polls. */
static void a_cancelled_stream_with_a_full_queue_closes(void) {
  static const char *const full[] = {"\"queue_bytes_max\":4096",
                                     "\"queue_bytes_max\":1,\"stream_window_bytes\":1",
                                     "\"stream_window_bytes\":4096"};
  plan_flood("full");
  for (size_t i = 0; i < CHECK_COUNT(full); i++) {
    enum { STREAMS = 4 };
    char options[256];
    char query[32];
    snprintf(options, sizeof options, "{\"provider\":\"openai\",\"api_key\":\"test-key\",%s}",
             full[i]);
    Caller caller = caller_open(STREAMS, options);
    plan_flood("full");
    for (uint64_t stream = 1; stream <= STREAMS; stream++)
      caller_start(&caller, stream, "full", "");
    snprintf(query, sizeof query, "requests=%d&bytes=1048576", STREAMS);
    free(mock_wait("full", query));
    for (uint64_t stream = 1; stream <= STREAMS; stream++) llm_client_cancel(caller.client, stream);
    snprintf(query, sizeof query, "closed=%d", STREAMS);
    free(mock_wait("full", query));
    caller_poll_until_ended(&caller, STREAMS);
    for (uint64_t stream = 1; stream <= STREAMS; stream++) {
      CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_CANCELLED);
    }
    caller_free(&caller);
  }
}

/* No timer runs while the stream waits for the caller: a shut window outlasts idle_timeout_ms. */
static void a_shut_window_runs_no_timer(void) {
  Caller caller = caller_open(1, NULL);
  caller.keeps_window_shut = 1;
  plan_flood("patience");
  caller_start(&caller, 1, "patience", ",\"idle_timeout_ms\":100");
  caller_poll_until_text(&caller, 1, WINDOW_BYTES - READ_BYTES);
  while (caller_poll(&caller, QUIET_MS) > 0) {
  }
  CHECK_NUMBER(caller.streams[0].ends, 0);
  size_t shut = caller.streams[0].length;
  llm_client_consumed(caller.client, 1, shut);
  caller_poll_until_text(&caller, 1, shut + 1);
  caller_free(&caller);
}

const CheckTest window_tests[] = {
    {"unread_is_bounded", unread_is_bounded, 0},
    {"unpolled_is_bounded", unpolled_is_bounded, 0},
    {"consumed_reopens_a_small_window", consumed_reopens_a_small_window, 0},
    {"room_in_the_queue_wakes_every_stream", room_in_the_queue_wakes_every_stream, 0},
    {"a_cancelled_stream_with_a_full_queue_closes", a_cancelled_stream_with_a_full_queue_closes, 0},
    {"a_shut_window_runs_no_timer", a_shut_window_runs_no_timer, 0},
};
SUITE_END(window)
