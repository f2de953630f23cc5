/* The shared library loaded late, as Python and Node do it: `late_load LIBRARY`. This program
 * is not linked with the library. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "liter_llm.h"
#include "mock.h"

typedef LlmError (*Invoke)(const char *, const char *, llm_token_callback, void *);
typedef LlmError (*NewClient)(const char *, llm_wake_callback, void *, LlmClient **);
typedef LlmError (*Start)(LlmClient *, uint64_t, const char *, const char *);

static const char *library_path;

static void *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) check_fail(__FILE__, __LINE__, "dlopen: %s", dlerror());
  return library;
}

/* POSIX promises that the object pointer of dlsym can be used as a function; C does not. */
static void find(void *library, const char *name, void *function_out) {
  void *symbol = dlsym(library, name);
  if (!symbol) check_fail(__FILE__, __LINE__, "dlsym: %s", dlerror());
  memcpy(function_out, &symbol, sizeof symbol);
}

static void count_tokens(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  *(int *)ctx += 1;
}

static void invoke_through(void *library) {
  Invoke invoke;
  char request[1024];
  int tokens = 0;
  find(library, "llm_invoke", &invoke);
  mock_plan("late", "{\"answer\":{\"text\":\"loaded late\"}}");
  CHECK_NUMBER(
      invoke("openai", mock_request("late", "", request, sizeof request), count_tokens, &tokens),
      LLM_ERROR_OK);
  CHECK_NUMBER(tokens, 2);
}

static void start_a_stream_in(void *library) {
  NewClient client_new;
  Start start;
  LlmClient *client = NULL;
  char request[1024];
  find(library, "llm_client_new", &client_new);
  find(library, "llm_client_start", &start);
  CHECK_NUMBER(client_new(MOCK_OPTIONS, NULL, NULL, &client), LLM_ERROR_OK);
  mock_request("tokens~1000~5~late", "", request, sizeof request);
  CHECK_NUMBER(start(client, 1, "openai", request), LLM_ERROR_OK);
}

static void the_library_loads_late(void) { invoke_through(load(library_path)); }

static void the_library_stays_when_it_is_closed(void) {
  for (int i = 0; i < 50; i++) {
    void *library = load(library_path);
    if (i % 10 == 0) invoke_through(library);
    CHECK(dlclose(library) == 0);
  }
  CHECK(dlopen(library_path, RTLD_NOW | RTLD_NOLOAD) != NULL);
}

static void a_closed_library_bears_live_streams(void) {
  void *library = load(library_path);
  start_a_stream_in(library);
  CHECK(dlclose(library) == 0);
  the_library_loads_late();
}

static void copy_file(const char *from, const char *to) {
  char block[65536];
  int input = open(from, O_RDONLY);
  int output = open(to, O_WRONLY | O_CREAT | O_EXCL, 0700);
  CHECK(input >= 0 && output >= 0);
  for (ssize_t got = read(input, block, sizeof block); got > 0;
       got = read(input, block, sizeof block)) {
    CHECK(write(output, block, (size_t)got) == got);
  }
  close(input);
  close(output);
}

/* Two copies in one process, as two wheels that both carry the library would make. */
static void two_copies_live_side_by_side(void) {
  char directory[] = "/tmp/liter-llm-XXXXXX";
  char path[64];
  CHECK(mkdtemp(directory) != NULL);
  snprintf(path, sizeof path, "%s/copy.so", directory);
  copy_file(library_path, path);
  void *first = load(library_path);
  void *second = load(path);
  CHECK(unlink(path) == 0 && rmdir(directory) == 0);
  CHECK(first != second);
  start_a_stream_in(first);
  invoke_through(second);
  invoke_through(first);
}

static const CheckTest tests[] = {
    {"the_library_loads_late", the_library_loads_late, 0},
    {"the_library_stays_when_it_is_closed", the_library_stays_when_it_is_closed, 0},
    {"a_closed_library_bears_live_streams", a_closed_library_bears_live_streams, 0},
    {"two_copies_live_side_by_side", two_copies_live_side_by_side, 0},
};

int main(int argc, char **argv) {
  CHECK(argc > 1);
  library_path = argv[1];
  return mock_check_main(tests, CHECK_COUNT(tests), argc - 1, argv + 1);
}
