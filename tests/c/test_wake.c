/* The bell (rule 9): never twice without a poll, silent after free, fit for an event loop. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "check.h"
#include "caller.h"
#include "mock.h"
#include "suites.h"

typedef struct Bell {
  int fd;   /* an eventfd, so that the host can wait for the ring */
  int rung; /* since the last poll */
  int rung_twice;
  int rings;
  int freed;
  int rung_after_free;
  pthread_t host_thread;
  int rung_on_host_thread;
  int signals_open; /* signals that the ringing thread does not block */
} Bell;

static void ring(void *ctx) {
  Bell *bell = ctx;
  sigset_t blocked;
  if (__atomic_exchange_n(&bell->rung, 1, __ATOMIC_SEQ_CST)) bell->rung_twice = 1;
  if (__atomic_load_n(&bell->freed, __ATOMIC_SEQ_CST)) bell->rung_after_free = 1;
  if (pthread_equal(bell->host_thread, pthread_self())) bell->rung_on_host_thread = 1;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  for (int signal = 1; signal < 32; signal++) {
    int is_a_fault = signal == SIGKILL || signal == SIGSTOP || signal == SIGSEGV ||
                     signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
    if (!is_a_fault && !sigismember(&blocked, signal)) bell->signals_open += 1;
  }
  __atomic_add_fetch(&bell->rings, 1, __ATOMIC_SEQ_CST);
  llm_wake_fd((void *)(intptr_t)bell->fd);
}

static Bell new_bell(void) {
  Bell bell;
  memset(&bell, 0, sizeof bell);
  bell.fd = eventfd(0, EFD_CLOEXEC);
  bell.host_thread = pthread_self();
  CHECK(bell.fd >= 0);
  return bell;
}

/* Blocks until the bell has rung, and makes it silent. */
static void wait_for_ring(int fd) {
  uint64_t count = 0;
  CHECK_NUMBER(read(fd, &count, sizeof count), sizeof count);
  CHECK(count > 0);
}

static void bell_never_rings_twice_without_a_poll(void) {
  enum { STREAMS = 20 };
  Bell bell = new_bell();
  Host host = host_open_with_bell(STREAMS, NULL, ring, &bell);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    host_start(&host, stream, "tokens~25~10~bell", "");
  }
  int polls = 0;
  while (host.ended < STREAMS) {
    wait_for_ring(bell.fd);
    __atomic_store_n(&bell.rung, 0, __ATOMIC_SEQ_CST);
    CHECK(host_poll(&host, 0) > 0);
    polls += 1;
  }
  CHECK_NUMBER(bell.rung_twice, 0);
  CHECK_NUMBER(bell.rung_on_host_thread, 0);
  CHECK_NUMBER(bell.signals_open, 0);
  CHECK(__atomic_load_n(&bell.rings, __ATOMIC_SEQ_CST) <= polls + 1);
  host_free(&host);
  close(bell.fd);
}

/* An unread queue rings once, however much arrives. */
static void bell_rings_once_for_all_that_is_unread(void) {
  Bell bell = new_bell();
  Host host = host_open_with_bell(2, NULL, ring, &bell);
  mock_plan("unread-bell", "{\"answer\":{\"text\":\"one two three\"}}");
  host_start(&host, 1, "unread-bell", "");
  host_start(&host, 2, "unread-bell", "");
  wait_for_ring(bell.fd);
  free(mock_wait("unread-bell", "requests=2"));
  CHECK_NUMBER(__atomic_load_n(&bell.rings, __ATOMIC_SEQ_CST), 1);
  host_poll_until_ended(&host, 2);
  CHECK_NUMBER(host_poll(&host, 0), 0);
  host_free(&host);
  close(bell.fd);
}

static void bell_is_silent_after_free(void) {
  enum { ROUNDS = 50, STREAMS = 4 };
  static Bell bells[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    bells[round] = new_bell();
    Host host = host_open_with_bell(STREAMS, NULL, ring, &bells[round]);
    for (uint64_t stream = 1; stream <= STREAMS; stream++) {
      host_start(&host, stream, "tokens~1000~1~silent-bell", "");
    }
    wait_for_ring(bells[round].fd);
    host_poll(&host, 0);
    host_free(&host);
    __atomic_store_n(&bells[round].freed, 1, __ATOMIC_SEQ_CST);
  }
  Host after = host_open(1, NULL);
  host_start(&after, 1, "tokens~20~10~after", "");
  host_poll_until_ended(&after, 1);
  host_free(&after);
  for (int round = 0; round < ROUNDS; round++) {
    CHECK_NUMBER(bells[round].rung_after_free, 0);
    close(bells[round].fd);
  }
}

/* Whatever the host's own call brings about, even a line of the log or an END that needs no
 * network, a thread of the library rings for it. */
static void bell_never_rings_in_the_thread_that_calls(void) {
  static const char options[] =
      "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"log_level\":\"debug\"}";
  mock_plan("caller", "{\"raw\":[{\"hang\":true}]}");
  for (int round = 0; round < 20; round++) {
    Bell bell = new_bell();
    Host host = host_open_with_bell(2, options, ring, &bell);
    CHECK_NUMBER(llm_client_start(host.client, 1, "openai", "no JSON"), LLM_ERROR_OK);
    host_start(&host, 2, "caller", "");
    CHECK_NUMBER(llm_client_cancel(host.client, 2), LLM_ERROR_OK);
    CHECK_NUMBER(llm_client_close(host.client), LLM_ERROR_OK);
    host_poll_until_ended(&host, 2);
    host_free(&host);
    CHECK_NUMBER(bell.rung_on_host_thread, 0);
    close(bell.fd);
  }
}

static void wake_fd_drives_an_epoll_loop(void) {
  enum { STREAMS = 10 };
  int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wanted;
  memset(&wanted, 0, sizeof wanted);
  wanted.events = EPOLLIN;
  wanted.data.fd = bell;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &wanted) == 0);
  Host host = host_open_with_bell(STREAMS, NULL, llm_wake_fd, (void *)(intptr_t)bell);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    host_start(&host, stream, "tokens~20~10~epoll", "");
  }
  while (host.ended < STREAMS) {
    struct epoll_event ready;
    CHECK_NUMBER(epoll_wait(epoll, &ready, 1, 5000), 1);
    wait_for_ring(bell);
    CHECK(host_poll(&host, 0) > 0);
  }
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    CHECK_NUMBER(host.streams[stream - 1].error, LLM_ERROR_OK);
    CHECK_NUMBER(host.streams[stream - 1].deltas, 20);
  }
  host_free(&host);
  close(epoll);
  close(bell);
}

static void wake_fd_rings_a_pipe_and_bears_a_full_one(void) {
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

const CheckTest bell_tests[] = {
    {"bell_never_rings_twice_without_a_poll", bell_never_rings_twice_without_a_poll, 0},
    {"bell_rings_once_for_all_that_is_unread", bell_rings_once_for_all_that_is_unread, 0},
    {"bell_is_silent_after_free", bell_is_silent_after_free, 60},
    {"bell_never_rings_in_the_thread_that_calls", bell_never_rings_in_the_thread_that_calls, 0},
    {"wake_fd_drives_an_epoll_loop", wake_fd_drives_an_epoll_loop, 0},
    {"wake_fd_rings_a_pipe_and_bears_a_full_one", wake_fd_rings_a_pipe_and_bears_a_full_one, 0},
};
SUITE_END(bell)
