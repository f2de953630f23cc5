/* Back-pressure (rule 11): what the host does not read, the provider must keep. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "caller.h"
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
  Host host = host_open(1, NULL);
  host.keeps_window_shut = 1;
  plan_flood("flood");
  host_start(&host, 1, "flood", "");
  host_poll_until_text(&host, 1, WINDOW_BYTES - READ_BYTES);
  while (host_poll(&host, QUIET_MS) > 0) {
  }
  size_t shut = host.streams[0].length;
  CHECK(shut <= WINDOW_BYTES + READ_BYTES);
  CHECK(!mock_happens("flood", KERNEL_BYTES, QUIET_MS));

  llm_client_consumed(host.client, 1, shut);
  host_poll_until_text(&host, 1, 2 * shut - READ_BYTES);
  while (host_poll(&host, QUIET_MS) > 0) {
  }
  CHECK(host.streams[0].length <= shut + WINDOW_BYTES + READ_BYTES);
  CHECK_NUMBER(host.streams[0].ends, 0);
  llm_client_cancel(host.client, 1);
  host_poll_until_ended(&host, 1);
  CHECK_NUMBER(host.streams[0].error, LLM_ERROR_CANCELLED);
  host_free(&host);
}

static void unpolled_is_bounded(void) {
  enum { STREAMS = 8 };
  Host host = host_open(STREAMS,
                        "{\"provider\":\"openai\",\"api_key\":\"test-key\","
                        "\"queue_bytes_max\":1048576,\"stream_window_bytes\":16777216}");
  plan_flood("unpolled");
  for (uint64_t stream = 1; stream <= STREAMS; stream++) host_start(&host, stream, "unpolled", "");
  free(mock_wait("unpolled", "requests=8"));
  CHECK(!mock_happens("unpolled", "bytes=60000000", 3 * QUIET_MS));
  size_t bytes = 0;
  host_poll(&host, -1);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) bytes += host.streams[stream - 1].length;
  CHECK(bytes > 0 && bytes <= 1048576 + STREAMS * READ_BYTES);
  host_free(&host);
}

/* A host that reads gets all of it, whatever the window, down to a single byte. */
static void consumed_reopens_a_small_window(void) {
  static const int windows[] = {1, 7, 100, 4096};
  mock_plan("small",
            MOCK_STREAM("{\"repeat\":2000,\"actions\":[{\"token\":\"0123456789abcdef\"}]}"));
  for (size_t i = 0; i < CHECK_COUNT(windows); i++) {
    char options[256];
    snprintf(options, sizeof options,
             "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"stream_window_bytes\":%d}",
             windows[i]);
    Host host = host_open(1, options);
    host_start(&host, 1, "small", "");
    host_poll_until_ended(&host, 1);
    CHECK_NUMBER(host.streams[0].error, LLM_ERROR_OK);
    CHECK_NUMBER(host.streams[0].length, 32000);
    CHECK_NUMBER(host.streams[0].deltas, 2000);
    host_free(&host);
  }
}

/* A queue that is full after one event: every stream that waits for room is told of it. */
static void room_in_the_queue_wakes_every_stream(void) {
  enum { STREAMS = 8 };
  Host host = host_open(STREAMS,
                        "{\"provider\":\"openai\",\"api_key\":\"test-key\","
                        "\"queue_bytes_max\":1}");
  mock_plan("room", MOCK_STREAM("{\"token\":\"one \"},{\"await\":\"go\"},{\"token\":\"two \"},"
                                "{\"token\":\"three\"}"));
  for (uint64_t stream = 1; stream <= STREAMS; stream++) host_start(&host, stream, "room", "");
  for (uint64_t stream = 1; stream <= STREAMS; stream++) host_poll_until_text(&host, stream, 4);
  mock_signal("room", "go");
  host_poll_until_ended(&host, STREAMS);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    CHECK_NUMBER(host.streams[stream - 1].error, LLM_ERROR_OK);
    CHECK_TEXT(host.streams[stream - 1].text, "one two three");
  }
  host_free(&host);
}

/* A stream that waits for room, or for its window, lets go of its connection when it is cancelled,
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
    Host host = host_open(STREAMS, options);
    plan_flood("full");
    for (uint64_t stream = 1; stream <= STREAMS; stream++) host_start(&host, stream, "full", "");
    snprintf(query, sizeof query, "requests=%d&bytes=1048576", STREAMS);
    free(mock_wait("full", query));
    for (uint64_t stream = 1; stream <= STREAMS; stream++) llm_client_cancel(host.client, stream);
    snprintf(query, sizeof query, "closed=%d", STREAMS);
    free(mock_wait("full", query));
    host_poll_until_ended(&host, STREAMS);
    for (uint64_t stream = 1; stream <= STREAMS; stream++) {
      CHECK_NUMBER(host.streams[stream - 1].error, LLM_ERROR_CANCELLED);
    }
    host_free(&host);
  }
}

/* Time that stands still on the host runs no timer: a shut window outlives idle_timeout_ms. */
static void a_shut_window_runs_no_timer(void) {
  Host host = host_open(1, NULL);
  host.keeps_window_shut = 1;
  plan_flood("patience");
  host_start(&host, 1, "patience", ",\"idle_timeout_ms\":100");
  host_poll_until_text(&host, 1, WINDOW_BYTES - READ_BYTES);
  while (host_poll(&host, QUIET_MS) > 0) {
  }
  CHECK_NUMBER(host.streams[0].ends, 0);
  size_t shut = host.streams[0].length;
  llm_client_consumed(host.client, 1, shut);
  host_poll_until_text(&host, 1, shut + 1);
  host_free(&host);
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
