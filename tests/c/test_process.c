/* The library and its process: fork, exit, signals, threads. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "json.h"
#include "mock.h"
#include "suites.h"

static void ignore(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

static size_t threads_now(void) {
  size_t threads = 0;
  DIR *tasks = opendir("/proc/self/task");
  CHECK(tasks != NULL);
  for (struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
    threads += task->d_name[0] != '.';
  }
  closedir(tasks);
  return threads;
}

/* The address sanitizer's allocator takes no locks before a fork, so the child of a process with
 * busy threads may find one held for ever; the other builds run these. */
#ifndef __SANITIZE_ADDRESS__

/* What a child of a process with live streams may expect. */
static void run_child(Caller *inherited) {
  const LlmEvent *events = NULL;
  char request[1024];
  check_bound(10);
  CHECK_NUMBER(threads_now(), 1);
  mock_request("child", "", request, sizeof request);
  CHECK_NUMBER(llm_client_start(inherited->client, 2, "openai", request), LLM_ERROR_CLOSED);
  CHECK_HOLDS(llm_last_error(), "fork");
  CHECK_NUMBER(llm_client_cancel(inherited->client, 1), LLM_ERROR_CLOSED);
  CHECK_NUMBER(llm_client_consumed(inherited->client, 1, 1), LLM_ERROR_CLOSED);
  CHECK_NUMBER(llm_client_poll(inherited->client, -1, &events), 0);
  llm_client_free(inherited->client);
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
  Caller caller = caller_open(1, NULL);
  caller_start(&caller, 1, "child", "");
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
  CHECK_TEXT(caller.streams[0].text, "from the child");
  llm_client_free(caller.client);
  _exit(0);
}

static void fork_child_works(void) {
  Caller caller = caller_open(2, NULL);
  mock_plan("child", "{\"answer\":{\"text\":\"from the child\"}}");
  mock_plan("parent",
            MOCK_STREAM("{\"token\":\"before \"},{\"await\":\"go\"},{\"token\":\"after\"}"));
  caller_start(&caller, 1, "parent", "");
  caller_poll_until_text(&caller, 1, 7);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) run_child(&caller);
  check_child_exits(child, 0);
  mock_signal("parent", "go");
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
  CHECK_TEXT(caller.streams[0].text, "before after");
  caller_free(&caller);
}

/* Forks at any moment: with tokens in flight, from a process that goes on polling. */
static void fork_with_live_streams_never_hangs(void) {
  enum { STREAMS = 20, FORKS = 20 };
  Caller caller = caller_open(STREAMS + 1, NULL);
  mock_plan("child", "{\"answer\":{\"text\":\"from the child\"}}");
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    caller_start(&caller, stream, "tokens~100~5~forks", "");
  }
  for (int i = 0; i < FORKS; i++) {
    caller_poll(&caller, 5);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) run_child(&caller);
    check_child_exits(child, 0);
  }
  caller_poll_until_ended(&caller, STREAMS);
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    CHECK_NUMBER(caller.streams[stream - 1].error, LLM_ERROR_OK);
    CHECK_NUMBER(caller.streams[stream - 1].deltas, 100);
  }
  caller_free(&caller);
}

#endif

/* A process may end while streams live: at once, with its own exit code. */
static void exit_with_live_stream(void) {
  for (int i = 0; i < 20; i++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      check_bound(10);
      Caller caller = caller_open(8, NULL);
      for (uint64_t stream = 1; stream <= 8; stream++) {
        caller_start(&caller, stream, "tokens~1000~5~exit", "");
      }
      caller_poll_until_text(&caller, 1, (size_t)i % 3);
      exit(40 + i);
    }
    check_child_exits(child, 40 + i);
  }
}

static LlmClient *client_of_exit;

/* Calls that a program makes after its main has returned, when the library promises nothing. */
static void use_the_library_at_the_end(void) {
  char request[1024];
  LlmClient *other = NULL;
  const LlmEvent *events = NULL;
  mock_request("end", "", request, sizeof request);
  CHECK_NUMBER(llm_client_new(MOCK_OPTIONS, NULL, NULL, &other), LLM_ERROR_CLOSED);
  CHECK_HOLDS(llm_last_error(), "the process is ending");
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_CLOSED);
  CHECK_HOLDS(llm_last_error(), "the process is ending");
  CHECK_NUMBER(llm_client_start(client_of_exit, 9, "openai", request), LLM_ERROR_CLOSED);
  CHECK_HOLDS(llm_last_error(), "the process is ending");
  while (llm_client_poll(client_of_exit, -1, &events) > 0) {
  }
  CHECK_NUMBER(llm_client_consumed(client_of_exit, 1, 1), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_cancel(client_of_exit, 1), LLM_ERROR_OK);
  CHECK_NUMBER(llm_client_close(client_of_exit), LLM_ERROR_OK);
  double began_ms = check_now_ms();
  llm_client_free(client_of_exit);
  CHECK(check_now_ms() - began_ms < 1000 * check_slower());
}

static void *start_in_another_thread(void *client_out) {
  LlmError error = llm_client_new(MOCK_OPTIONS, NULL, NULL, client_out);
  CHECK(error == LLM_ERROR_OK || strstr(llm_last_error(), "the process is ending"));
  return (void *)(intptr_t)error;
}

/* After the library has seen the exit, no thread can make a client. */
static void use_the_library_after_its_end(void) {
  pthread_t thread;
  LlmClient *client = NULL;
  void *error = NULL;
  CHECK(pthread_create(&thread, NULL, start_in_another_thread, &client) == 0);
  CHECK(pthread_join(thread, &error) == 0);
  CHECK_NUMBER((intptr_t)error, LLM_ERROR_CLOSED);
  use_the_library_at_the_end();
}

/* Handlers of exit run latest first: one that was registered before the library was used, and one
 * that was registered after, both with a silent stream. */
static void the_end_of_the_process_is_closed_and_no_hang(void) {
  mock_plan("end", "{\"raw\":[{\"hang\":true}]}");
  for (int is_late = 0; is_late <= 1; is_late++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      char request[1024];
      check_bound(10);
      if (!is_late) CHECK(atexit(use_the_library_after_its_end) == 0);
      Caller caller = caller_open(1, NULL);
      client_of_exit = caller.client;
      mock_plan("warm", "{\"answer\":{\"text\":\"warm\"}}");
      mock_request("warm", "", request, sizeof request);
      CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
      CHECK_NUMBER(llm_client_new("{\"no\":1}", NULL, NULL, &caller.client), LLM_ERROR_CONFIG);
      caller.client = client_of_exit;
      caller_start(&caller, 1, "end", "");
      if (is_late) CHECK(atexit(use_the_library_at_the_end) == 0);
      exit(40);
    }
    check_child_exits(child, 40);
  }
}

/* The provider closes while a large request is sent, and the caller does not handle SIGPIPE.
 */
static void a_closed_upload_raises_no_sigpipe(void) {
  enum { CONTENT_BYTES = 4 * 1024 * 1024, ROUNDS = 20 };
  char url[256];
  char *request = malloc(CONTENT_BYTES + 1024);
  CHECK(request != NULL);
  signal(SIGPIPE, SIG_DFL);
  mock_plan("upload", "{\"before_request\":[{\"close\":true}]}");
  int length = sprintf(request,
                       "{\"api_key\":\"test-key\",\"retries_max\":0,\"base_url\":\"%s\","
                       "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"",
                       mock_base_url("upload", url, sizeof url));
  memset(request + length, 'x', CONTENT_BYTES);
  strcpy(request + length + CONTENT_BYTES, "\"}]}");
  for (int round = 0; round < ROUNDS; round++) {
    CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_NETWORK);
  }
  free(request);
}

static void nothing_runs_before_the_first_client(void) {
  LlmClient *client = NULL;
  CHECK_NUMBER(threads_now(), 1);
  CHECK_NUMBER(llm_abi_version(), LLM_ABI_VERSION);
  CHECK_NUMBER(llm_client_new("{\"nonsense\":1}", NULL, NULL, &client), LLM_ERROR_CONFIG);
  CHECK_NUMBER(llm_invoke(NULL, NULL, NULL, NULL), LLM_ERROR_INVALID_ARGUMENT);
  CHECK_NUMBER(threads_now(), 1);
}

static void threads_are_few(void) {
  Caller callers[10];
  for (size_t i = 0; i < CHECK_COUNT(callers); i++) {
    callers[i] = caller_open(4, NULL);
    for (uint64_t stream = 1; stream <= 4; stream++) {
      caller_start(&callers[i], stream, "tokens~10~5~threads", "");
    }
  }
  for (size_t i = 0; i < CHECK_COUNT(callers); i++) caller_poll_until_ended(&callers[i], 4);
  size_t threads = threads_now();
  if (threads > (size_t)sysconf(_SC_NPROCESSORS_ONLN) + 4) {
    check_fail(__FILE__, __LINE__, "%zu threads", threads);
  }
  for (size_t i = 0; i < CHECK_COUNT(callers); i++) caller_free(&callers[i]);
}

const CheckTest process_tests[] = {
#ifndef __SANITIZE_ADDRESS__
    {"fork_child_works", fork_child_works, 0},
    {"fork_with_live_streams_never_hangs", fork_with_live_streams_never_hangs, 60},
#endif
    {"exit_with_live_stream", exit_with_live_stream, 60},
    {"the_end_of_the_process_is_closed_and_no_hang", the_end_of_the_process_is_closed_and_no_hang,
     0},
    {"a_closed_upload_raises_no_sigpipe", a_closed_upload_raises_no_sigpipe, 60},
    {"nothing_runs_before_the_first_client", nothing_runs_before_the_first_client, 0},
    {"threads_are_few", threads_are_few, 0},
};
SUITE_END(process)
