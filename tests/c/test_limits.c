/* A process at its limit of threads or descriptors (F87): a clear error, the signal mask as it was,
 * no hang, and all works once there is room. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "caller.h"
#include "check.h"
#include "mock.h"
#include "suites.h"

enum {
  REFUSED_MS_MAX = 2000,
  ROOM_MAX = 40,    /* more threads or descriptors than the library needs */
  LONELY_ID = 54321 /* a user that owns no process but this one */
};

static void ignore(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

/* The system counts the threads of a user, and lets root have any number. False: threads cannot
 * be counted here, only forbidden. */
static int count_threads_of_this_process_alone(void) {
  return geteuid() == 0 && setresgid(LONELY_ID, LONELY_ID, LONELY_ID) == 0 &&
         setresuid(LONELY_ID, LONELY_ID, LONELY_ID) == 0;
}

static void allow(__rlimit_resource_t resource, rlim_t count) {
  struct rlimit limit;
  CHECK(getrlimit(resource, &limit) == 0);
  limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
  CHECK(setrlimit(resource, &limit) == 0);
}

static sigset_t mask_now(void) {
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  return mask;
}

/* A mask that is neither empty nor full. */
static void block_one_signal(void) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  CHECK(pthread_sigmask(SIG_SETMASK, &one, NULL) == 0);
}

static void check_mask_is(const sigset_t *before) {
  sigset_t now = mask_now();
  for (int signal = 1; signal < 32; signal++) {
    CHECK_NUMBER(sigismember(&now, signal), sigismember(before, signal));
  }
}

/* Both ways into the library; 1 when it could start. */
static int try_to_start(const char *reason, LlmClient **client_out) {
  char request[1024];
  sigset_t before = mask_now();
  double began_ms = check_now_ms();
  LlmError error = llm_client_new(MOCK_OPTIONS, NULL, NULL, client_out);
  check_mask_is(&before);
  CHECK(check_now_ms() - began_ms < REFUSED_MS_MAX * check_slower());
  if (error == LLM_ERROR_OK) return 1;
  CHECK_NUMBER(error, LLM_ERROR_CONFIG);
  CHECK(*client_out == NULL);
  CHECK_HOLDS(llm_last_error(), reason);
  mock_request("limits", "", request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_CONFIG);
  CHECK_HOLDS(llm_last_error(), reason);
  check_mask_is(&before);
  return 0;
}

static void check_it_works(LlmClient *client) {
  Caller caller;
  Transcript transcript;
  memset(&caller, 0, sizeof caller);
  memset(&transcript, 0, sizeof transcript);
  caller.client = client;
  caller.streams = &transcript;
  caller.count = 1;
  caller_start(&caller, 1, "limits", "");
  caller_poll_until_ended(&caller, 1);
  CHECK_NUMBER(transcript.error, LLM_ERROR_OK);
  CHECK_TEXT(transcript.text, "there is room");
  caller_forget(&caller, 1);
}

/* Room for no thread, for one, for two, ...: each time either an error or a library that works. */
static void a_thread_limit_is_an_error_and_no_hang(void) {
  LlmClient *client = NULL;
  int refused = 0;
  mock_plan("limits", "{\"answer\":{\"text\":\"there is room\"}}");
  block_one_signal();
  int counts = count_threads_of_this_process_alone();
  for (rlim_t threads = 1; client == NULL; threads++) {
    CHECK(threads < ROOM_MAX);
    allow(RLIMIT_NPROC, threads);
    if (try_to_start("cannot start the runtime: Resource temporarily unavailable", &client)) break;
    refused += 1;
    if (!counts) allow(RLIMIT_NPROC, RLIM_INFINITY);
  }
  CHECK(!counts || refused >= 3);
  check_it_works(client);
  llm_client_free(client);
  allow(RLIMIT_NPROC, RLIM_INFINITY);
}

/* A lookup needs a thread: at the limit it must find one that was started before. */
static void a_name_is_looked_up_at_the_thread_limit(void) {
  char url[256];
  char request[1024];
  mock_plan("named", "{\"answer\":{\"text\":\"found\"}}");
  Caller caller = caller_open(1, NULL);
  count_threads_of_this_process_alone();
  allow(RLIMIT_NPROC, 1);
  mock_base_url("named", url, sizeof url);
  CHECK_HOLDS(url, "127.0.0.1");
  snprintf(request, sizeof request,
           "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
           "\"api_key\":\"test-key\",\"base_url\":\"http://localhost%s\"}",
           strstr(url, "127.0.0.1") + strlen("127.0.0.1"));
  for (int round = 0; round < 3; round++) {
    CHECK_NUMBER(llm_client_start(caller.client, 1, "openai", request), LLM_ERROR_OK);
    caller_poll_until_ended(&caller, 1);
    CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_OK);
    CHECK_TEXT(caller.streams[0].text, "found");
    caller_forget(&caller, 1);
  }
  caller_free(&caller);
  allow(RLIMIT_NPROC, RLIM_INFINITY);
}

static rlim_t first_free_descriptor(void) {
  int fd = open("/dev/null", O_RDONLY);
  CHECK(fd >= 0);
  close(fd);
  return (rlim_t)fd;
}

static void a_descriptor_limit_is_an_error_and_no_hang(void) {
  LlmClient *client = NULL;
  int refused = 0;
  struct rlimit before;
  mock_plan("limits", "{\"answer\":{\"text\":\"there is room\"}}");
  block_one_signal();
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlim_t descriptors = first_free_descriptor();
  for (int room = 0; client == NULL; room++) {
    CHECK(room < ROOM_MAX);
    allow(RLIMIT_NOFILE, descriptors + (rlim_t)room);
    if (try_to_start(room ? "" : "cannot start the runtime: Too many open files", &client)) break;
    refused += 1;
  }
  CHECK(refused >= 2);
  allow(RLIMIT_NOFILE, before.rlim_cur);
  check_it_works(client);
  llm_client_free(client);
}

/* A call that gets no socket fails with that reason, and the next one that gets one works. */
static void a_call_without_a_descriptor_is_a_network_error(void) {
  char request[1024];
  struct rlimit before;
  mock_plan("limits", "{\"answer\":{\"text\":\"there is room\"}}");
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  Caller caller = caller_open(1, NULL);
  mock_request("limits", ",\"retries_max\":0", request, sizeof request);
  for (int round = 0; round < 3; round++) {
    allow(RLIMIT_NOFILE, first_free_descriptor());
    caller_start(&caller, 1, "limits", "");
    caller_poll_until_ended(&caller, 1);
    CHECK_NUMBER(caller.streams[0].error, LLM_ERROR_NETWORK);
    CHECK_HOLDS(caller.streams[0].end, "Too many open files");
    caller_forget(&caller, 1);
    CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_NETWORK);
    allow(RLIMIT_NOFILE, before.rlim_cur);
  }
  check_it_works(caller.client);
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
  caller_free(&caller);
}

const CheckTest limits_tests[] = {
    {"a_thread_limit_is_an_error_and_no_hang", a_thread_limit_is_an_error_and_no_hang, 0},
    {"a_name_is_looked_up_at_the_thread_limit", a_name_is_looked_up_at_the_thread_limit, 0},
    {"a_descriptor_limit_is_an_error_and_no_hang", a_descriptor_limit_is_an_error_and_no_hang, 0},
    {"a_call_without_a_descriptor_is_a_network_error",
     a_call_without_a_descriptor_is_a_network_error, 0},
};
SUITE_END(limits)
