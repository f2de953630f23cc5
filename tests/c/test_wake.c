/* The wake callback (rule 9): never twice without a poll, never after free, fit for an event loop.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "mock.h"
#include "suites.h"

typedef struct Wakes {
  int fd;         /* an eventfd, so that the caller can wait for a wake */
  int unanswered; /* woken since the last poll */
  int twice;
  int count;
  int freed;
  int after_free;
  pthread_t caller_thread;
  int on_caller_thread;
  int signals_open; /* signals that the calling thread does not block */
} Wakes;

static void on_wake(void *ctx) {
  Wakes *wakes = ctx;
  sigset_t blocked;
  if (__atomic_exchange_n(&wakes->unanswered, 1, __ATOMIC_SEQ_CST)) wakes->twice = 1;
  if (__atomic_load_n(&wakes->freed, __ATOMIC_SEQ_CST)) wakes->after_free = 1;
  if (pthread_equal(wakes->caller_thread, pthread_self())) wakes->on_caller_thread = 1;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  for (int signal = 1; signal < 32; signal++) {
    int is_a_fault = signal == SIGKILL || signal == SIGSTOP || signal == SIGSEGV ||
                     signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
    if (!is_a_fault && !sigismember(&blocked, signal)) wakes->signals_open += 1;
  }
  __atomic_add_fetch(&wakes->count, 1, __ATOMIC_SEQ_CST);
  llm_wake_fd((void *)(intptr_t)wakes->fd);
}

static Wakes new_wakes(void) {
  Wakes wakes;
  memset(&wakes, 0, sizeof wakes);
  wakes.fd = eventfd(0, EFD_CLOEXEC);
  wakes.caller_thread = pthread_self();
  CHECK(wakes.fd >= 0);
  return wakes;
}

/* Blocks until the wake callback was called. */
static void wait_for_wake(int fd) {
  uint64_t count = 0;
  CHECK_NUMBER(read(fd, &count, sizeof count), sizeof count);
  CHECK(count > 0);
}

static void wake_comes_once_per_poll(void) {
  enum { STREAMS = 20 };
  Wakes wakes = new_wakes();
  Caller caller = caller_open_with_wake(STREAMS, NULL, on_wake, &wakes);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    caller_start(&caller, stream, "tokens~25~10~wake", "");
  }
  int polls = 0;
  while (caller.ended < STREAMS) {
    wait_for_wake(wakes.fd);
    __atomic_store_n(&wakes.unanswered, 0, __ATOMIC_SEQ_CST);
    CHECK(caller_poll(&caller, 0) > 0);
    polls += 1;
  }
  CHECK_NUMBER(wakes.twice, 0);
  CHECK_NUMBER(wakes.on_caller_thread, 0);
  CHECK_NUMBER(wakes.signals_open, 0);
  CHECK(__atomic_load_n(&wakes.count, __ATOMIC_SEQ_CST) <= polls + 1);
  caller_free(&caller);
  close(wakes.fd);
}

/* A queue that nobody polls wakes once, however much arrives. */
static void wake_comes_once_for_all_that_is_unread(void) {
  Wakes wakes = new_wakes();
  Caller caller = caller_open_with_wake(2, NULL, on_wake, &wakes);
  mock_plan("unread-wake", "{\"answer\":{\"text\":\"one two three\"}}");
  caller_start(&caller, 1, "unread-wake", "");
  caller_start(&caller, 2, "unread-wake", "");
  wait_for_wake(wakes.fd);
  free(mock_wait("unread-wake", "requests=2"));
  CHECK_NUMBER(__atomic_load_n(&wakes.count, __ATOMIC_SEQ_CST), 1);
  caller_poll_until_ended(&caller, 2);
  CHECK_NUMBER(caller_poll(&caller, 0), 0);
  caller_free(&caller);
  close(wakes.fd);
}

static void wake_never_comes_after_free(void) {
  enum { ROUNDS = 50, STREAMS = 4 };
  static Wakes rounds[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    rounds[round] = new_wakes();
    Caller caller = caller_open_with_wake(STREAMS, NULL, on_wake, &rounds[round]);
    for (uint64_t stream = 1; stream <= STREAMS; stream++) {
      caller_start(&caller, stream, "tokens~1000~1~after-wake", "");
    }
    wait_for_wake(rounds[round].fd);
    caller_poll(&caller, 0);
    caller_free(&caller);
    __atomic_store_n(&rounds[round].freed, 1, __ATOMIC_SEQ_CST);
  }
  Caller after = caller_open(1, NULL);
  caller_start(&after, 1, "tokens~20~10~after", "");
  caller_poll_until_ended(&after, 1);
  caller_free(&after);
  for (int round = 0; round < ROUNDS; round++) {
    CHECK_NUMBER(rounds[round].after_free, 0);
    close(rounds[round].fd);
  }
}

/* Whatever the caller's own call causes, even a log line or an END that needs no network, a thread
 * of the library calls wake for it. */
static void wake_never_comes_in_the_thread_that_calls(void) {
  static const char options[] =
      "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"log_level\":\"debug\"}";
  mock_plan("caller", "{\"raw\":[{\"hang\":true}]}");
  for (int round = 0; round < 20; round++) {
    Wakes wakes = new_wakes();
    Caller caller = caller_open_with_wake(2, options, on_wake, &wakes);
    CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", "no JSON"), LLM_ERROR_OK);
    caller_start(&caller, 2, "caller", "");
    CHECK_NUMBER(llm_client_cancel(caller.client, 2), LLM_ERROR_OK);
    CHECK_NUMBER(llm_client_close(caller.client), LLM_ERROR_OK);
    caller_poll_until_ended(&caller, 2);
    caller_free(&caller);
    CHECK_NUMBER(wakes.on_caller_thread, 0);
    close(wakes.fd);
  }
}

static void wake_fd_drives_an_epoll_loop(void) {
  enum { STREAMS = 10 };
  int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wanted;
  memset(&wanted, 0, sizeof wanted);
  wanted.events = EPOLLIN;
  wanted.data.fd = wake_fd;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, wake_fd, &wanted) == 0);
  Caller caller = caller_open_with_wake(STREAMS, NULL, llm_wake_fd, (void *)(intptr_t)wake_fd);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    caller_start(&caller, stream, "tokens~20~10~epoll", "");
  }
  while (caller.ended < STREAMS) {
    struct epoll_event ready;
    CHECK_NUMBER(epoll_wait(epoll, &ready, 1, 5000), 1);
    wait_for_wake(wake_fd);
    CHECK(caller_poll(&caller, 0) > 0);
  }
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_OK);
    CHECK_NUMBER(caller.streams[stream - 1].deltas, 20);
  }
  caller_free(&caller);
  close(epoll);
  close(wake_fd);
}

static void wake_fd_writes_to_a_pipe_even_a_full_one(void) {
  int fds[2];
  char bytes[8];
  CHECK(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0);
  while (write(fds[1], "full", 4) > 0) {
  }
  llm_wake_fd((void *)(intptr_t)fds[1]);
  while (read(fds[0], bytes, sizeof bytes) > 0) {
  }
  llm_wake_fd((void *)(intptr_t)fds[1]);
  CHECK_NUMBER(read(fds[0], bytes, sizeof bytes), 8);
  close(fds[0]);
  close(fds[1]);
}

const CheckTest wake_tests[] = {
    {"wake_comes_once_per_poll", wake_comes_once_per_poll, 0},
    {"wake_comes_once_for_all_that_is_unread", wake_comes_once_for_all_that_is_unread, 0},
    {"wake_never_comes_after_free", wake_never_comes_after_free, 60},
    {"wake_never_comes_in_the_thread_that_calls", wake_never_comes_in_the_thread_that_calls, 0},
    {"wake_fd_drives_an_epoll_loop", wake_fd_drives_an_epoll_loop, 0},
    {"wake_fd_writes_to_a_pipe_even_a_full_one", wake_fd_writes_to_a_pipe_even_a_full_one, 0},
};
SUITE_END(wake)
