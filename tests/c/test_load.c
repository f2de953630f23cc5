/* Many at once: a thousand streams, ten thousand, two thousand threads. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

static void allow_sockets(rlim_t count) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur < count) limit.rlim_cur = count;
  if (limit.rlim_max < limit.rlim_cur) limit.rlim_max = limit.rlim_cur;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* Runs so many concurrent streams, each with `tokens` tokens at the pace that `key` names. */
static void run_streams(size_t streams, size_t tokens, const char *key) {
  allow_sockets(streams + 256);
  Caller caller = caller_open(streams, NULL);
  double began_ms = check_now_ms();
  size_t threads_max = 0;
  for (uint64_t stream = 1; stream <= streams; stream++) caller_start(&caller, stream, key, "");
  while (caller.ended < streams) {
    caller_poll(&caller, -1);
    size_t threads = check_process_status("Threads:");
    if (threads > threads_max) threads_max = threads;
  }
  for (uint64_t stream = 1; stream <= streams; stream++) {
    const Transcript *ended = &caller.streams[stream - 1];
    if (ended->error) check_fail(__FILE__, __LINE__, "stream %d: %s", (int)stream, ended->end);
    CHECK_NUMBER(ended->starts, 1);
    CHECK_NUMBER(ended->deltas, tokens);
  }
  CHECK(threads_max <= (size_t)sysconf(_SC_NPROCESSORS_ONLN) + 4);
  printf("  %zu streams x %zu tokens in %.0f ms, %zu threads, %zu KiB resident\n", streams, tokens,
         check_now_ms() - began_ms, threads_max, check_process_status("VmRSS:"));
  caller_free(&caller);
}

static void thousand_streams(void) { run_streams(1000, 20, "tokens~20~100~thousand"); }

static void ten_thousand_streams(void) { run_streams(10000, 50, "tokens~50~200~ten-thousand"); }

static void count_tokens(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  *(int *)ctx += 1;
}

static void *invoke_once(void *result) {
  char request[1024];
  int tokens = 0;
  LlmError error = llm_invoke("openai", mock_request("thread", "", request, sizeof request),
                              count_tokens, &tokens);
  *(int *)result = error == LLM_ERROR_OK && tokens == 2;
  return NULL;
}

/* Waves of ten threads; each makes one call and ends. */
static void run_threads(int count) {
  enum { WAVE = 10 };
  for (int begun = 0; begun < count; begun += WAVE) {
    pthread_t threads[WAVE];
    int good[WAVE] = {0};
    for (int i = 0; i < WAVE; i++) {
      CHECK(pthread_create(&threads[i], NULL, invoke_once, &good[i]) == 0);
    }
    for (int i = 0; i < WAVE; i++) {
      CHECK(pthread_join(threads[i], NULL) == 0);
      CHECK(good[i]);
    }
  }
}

/* Runs so many threads after a warm-up; memory may grow by that much. */
static void run_and_measure(int warm_up, int threads, size_t kib_max) {
  mock_plan("thread", "{\"answer\":{\"text\":\"two tokens\"}}");
  run_threads(warm_up);
  size_t before = check_process_status("VmRSS:");
  run_threads(threads);
  size_t after = check_process_status("VmRSS:");
  CHECK(check_process_status("Threads:") <= (size_t)sysconf(_SC_NPROCESSORS_ONLN) + 4);
  printf("  %d threads: from %zu to %zu KiB resident\n", threads, before, after);
#ifdef __SANITIZE_ADDRESS__
  (void)kib_max; /* the sanitizer itself keeps memory of every thread */
#else
  CHECK(after <= before + kib_max);
#endif
}

/* Each thread makes one call; nothing stays behind for a thread that has ended. */
static void threads_leave_nothing_behind(void) { run_and_measure(500, 1500, 1024); }

/* The same with 64 bytes per thread, above the allocator's noise. */
static void ten_thousand_threads_leave_nothing_behind(void) { run_and_measure(5000, 10000, 640); }

const CheckTest load_tests[] = {
    {"thousand_streams", thousand_streams, 60},
    {"threads_leave_nothing_behind", threads_leave_nothing_behind, 60},
};
SUITE_END(load)

const CheckTest slow_tests[] = {
    {"ten_thousand_streams", ten_thousand_streams, 180},
    {"ten_thousand_threads_leave_nothing_behind", ten_thousand_threads_leave_nothing_behind, 180},
};
SUITE_END(slow)
