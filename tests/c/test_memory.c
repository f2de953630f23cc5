/* The memory of a flood: it ends as TOO_LARGE, in a process with little memory too, and uses no
 * more than a quarter above the limit that stops it. The address sanitizer needs more of
 * everything. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "liter_llm.h"
#include "mock.h"
#include "suites.h"

#ifndef __SANITIZE_ADDRESS__

enum { MEBIBYTE_KIB = 1024, EVENT_KIB_MAX = 16 * MEBIBYTE_KIB, BODY_KIB_MAX = 32 * MEBIBYTE_KIB };

#define BODY_OF(encoding, actions)                                                    \
  "{\"raw\":[{\"head\":{\"status\":200,\"headers\":[[\"content-type\",\"application/" \
  "json\"]" encoding "],\"chunked\":true}}," actions "]}"

typedef struct Flood {
  const char *name;
  const char *step;
  const char *more;
  size_t limit_kib;
} Flood;

static const Flood floods[] = {
    {"a body",
     BODY_OF("",
             "{\"chunk\":\"{\\\"choices\\\":[{\\\"message\\\":{\\\"content\\\":\\\"\"},"
             "{\"bytes\":268435456,\"of\":\"x\"}"),
     ",\"stream\":false", BODY_KIB_MAX},
    {"a gzip bomb",
     BODY_OF(
         ",[\"content-encoding\",\"gzip\"]",
         "{\"gzip\":true},{\"chunk\":\"{\\\"choices\\\":[{\\\"message\\\":{\\\"content\\\":\\\"\"},"
         "{\"bytes\":536870912,\"of\":\"x\"},{\"chunk_end\":true}"),
     ",\"stream\":false", BODY_KIB_MAX},
    {"an endless line",
     MOCK_CUT_STREAM(
         "{\"start\":true},{\"chunk\":\"data: {\\\"choices\\\":[{\\\"delta\\\":{\\\"content\\\":"
         "\\\"\"},{\"bytes\":67108864,\"of\":\"x\"}"),
     "", EVENT_KIB_MAX},
    {"an endless line of data",
     MOCK_CUT_STREAM("{\"chunk\":\"data: \"},{\"bytes\":67108864,\"of\":\"x\"}"), "",
     EVENT_KIB_MAX},
    {"endless lines of data",
     MOCK_CUT_STREAM(
         "{\"repeat\":200000,\"actions\":[{\"chunk\":\"data: "
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "\\n\"}]}"),
     "", EVENT_KIB_MAX},
    /* Neither line may be kept twice while it becomes a part of the data. */
    {"long lines of data",
     MOCK_CUT_STREAM("{\"chunk\":\"data: x\\ndata: \"},{\"bytes\":15000000,\"of\":\"x\"},"
                     "{\"chunk\":\"\\ndata: \"},{\"bytes\":3000000,\"of\":\"x\"}"),
     "", EVENT_KIB_MAX},
    {"a long name",
     MOCK_CUT_STREAM("{\"chunk\":\"event: \"},{\"bytes\":16000000,\"of\":\"x\"},"
                     "{\"chunk\":\"\\ndata: \"},{\"bytes\":16000000,\"of\":\"x\"}"),
     "", EVENT_KIB_MAX},
};

static void ignore(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

static void add_length(const char *token, size_t length, void *ctx) {
  (void)token;
  *(size_t *)ctx += length;
}

static void invoke_flood(const Flood *flood) {
  char request[1024];
  mock_plan("flood", flood->step);
  mock_request("flood", flood->more, request, sizeof request);
  LlmError error = llm_invoke("openai", request, ignore, NULL);
  if (error != LLM_ERROR_TOO_LARGE) {
    check_fail(__FILE__, __LINE__, "%s ended as %s: %s", flood->name, llm_error_name(error),
               llm_last_error());
  }
}

/* The memory that this process has taken at most since the last reset. */
static size_t peak_kib(void) { return check_process_status("VmHWM:"); }

static void reset_peak(void) {
  int fd = open("/proc/self/clear_refs", O_WRONLY);
  CHECK(fd >= 0 && write(fd, "5", 1) == 1);
  close(fd);
}

static void a_flood_takes_a_quarter_above_its_limit_at_most(void) {
  char request[1024];
  mock_plan("warm", "{\"answer\":{\"text\":\"warm\"}}");
  CHECK_NUMBER(
      llm_invoke("openai", mock_request("warm", "", request, sizeof request), ignore, NULL),
      LLM_ERROR_OK);
  for (size_t i = 0; i < CHECK_COUNT(floods); i++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      check_bound(20);
      CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
      reset_peak();
      size_t before = peak_kib();
      invoke_flood(&floods[i]);
      size_t taken = peak_kib() - before;
      if (taken > floods[i].limit_kib + floods[i].limit_kib / 4) {
        check_fail(__FILE__, __LINE__, "%s took %zu KiB; its limit is %zu", floods[i].name, taken,
                   floods[i].limit_kib);
      }
      _exit(0);
    }
    check_child_exits(child, 0);
  }
}

static void limit_memory(rlim_t bytes) {
  struct rlimit limit = {bytes, bytes};
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* One process for all floods, so that nothing is left behind by one for the next. */
static void little_memory_is_enough_for_floods(void) {
  limit_memory(200000 * 1024);
  for (size_t i = 0; i < 3 * CHECK_COUNT(floods); i++) {
    invoke_flood(&floods[i % CHECK_COUNT(floods)]);
    CHECK_HOLDS(llm_last_error(), "bytes"); /* past a limit, or no memory for them */
  }
}

/* With so little memory that the limits themselves do not fit, out of memory is an error of that
 * call, and the next call works. */
static void too_little_memory_is_an_error(void) {
  enum { LEFT = 12 << 20 };
  char request[1024];
  mock_plan("warm", "{\"answer\":{\"text\":\"warm\"}}");
  mock_request("warm", "", request, sizeof request);
  CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
  limit_memory(check_process_status("VmSize:") * 1024 + LEFT);
  for (size_t i = 0; i < CHECK_COUNT(floods); i++) {
    invoke_flood(&floods[i]);
    CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
  }
}

/* A response with so many bytes of text, streamed or whole; 1 when it came, 0 when it was refused.
 */
static int invoke_large(int bytes, int is_streamed) {
  static const char *const types[] = {"application/json", "text/event-stream"};
  static const char *const heads[] = {
      "{\\\"choices\\\":[{\\\"message\\\":{\\\"content\\\":\\\"",
      "data: {\\\"choices\\\":[{\\\"delta\\\":{\\\"content\\\":\\\""};
  static const char *const tails[] = {
      "\\\"},\\\"finish_reason\\\":\\\"stop\\\"}]}",
      "\\\"},\\\"finish_reason\\\":\\\"stop\\\"}]}\\n\\ndata: [DONE]\\n\\n"};
  char step[1024];
  char request[1024];
  size_t length = 0;
  snprintf(step, sizeof step,
           "{\"raw\":[{\"head\":{\"status\":200,\"headers\":[[\"content-type\",\"%s\"]],"
           "\"chunked\":true}},{\"chunk\":\"%s\"},{\"bytes\":%d,\"of\":\"x\"},"
           "{\"chunk\":\"%s\"},{\"chunk_end\":true}]}",
           types[is_streamed], heads[is_streamed], bytes, tails[is_streamed]);
  mock_plan("large", step);
  mock_request("large", is_streamed ? "" : ",\"stream\":false", request, sizeof request);
  LlmError error = llm_invoke("openai", request, add_length, &length);
  if (error != LLM_ERROR_OK) CHECK_NUMBER(error, LLM_ERROR_TOO_LARGE);
  if (error == LLM_ERROR_OK) CHECK_NUMBER(length, bytes);
  return error == LLM_ERROR_OK;
}

/* Responses that fit their limits and not the memory: each is whole, or an error. */
static void large_responses_in_little_memory_are_whole_or_an_error(void) {
  enum {
    MEBIBYTE = 1 << 20,
    LEFT_MIN = 16,
    LEFT_MAX = 48,
    LEFT_STEP = 4,
    LEFT_ENOUGH = 128,
    RESPONSE_MAX = 17,
    RESPONSE_STEP = 4
  };
  char request[1024];
  mock_plan("warm", "{\"answer\":{\"text\":\"warm\"}}");
  mock_request("warm", "", request, sizeof request);
  /* At last with room for some of them, wherever the allocator puts what else it maps. */
  for (int left = LEFT_MIN; left <= LEFT_ENOUGH;
       left = left < LEFT_MAX ? left + LEFT_STEP : left + LEFT_ENOUGH - LEFT_MAX) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      int whole = 0;
      int all = 0;
      check_bound(20);
      CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
      limit_memory((check_process_status("VmSize:") << 10) + (size_t)left * MEBIBYTE);
      for (int size = 1; size <= RESPONSE_MAX; size += RESPONSE_STEP) {
        for (int is_streamed = 0; is_streamed <= 1; is_streamed++, all++) {
          whole += invoke_large(size * MEBIBYTE, is_streamed);
        }
      }
      CHECK(left > LEFT_MAX ? whole > 0 : whole < all);
      CHECK_NUMBER(llm_invoke("openai", request, ignore, NULL), LLM_ERROR_OK);
      _exit(0);
    }
    check_child_exits(child, 0);
  }
}

const CheckTest memory_tests[] = {
    {"large_responses_in_little_memory_are_whole_or_an_error",
     large_responses_in_little_memory_are_whole_or_an_error, 60},
    {"a_flood_takes_a_quarter_above_its_limit_at_most",
     a_flood_takes_a_quarter_above_its_limit_at_most, 120},
    {"little_memory_is_enough_for_floods", little_memory_is_enough_for_floods, 60},
    {"too_little_memory_is_an_error", too_little_memory_is_an_error, 60},
};
SUITE_END(memory)

#else

const CheckTest memory_tests[] = {{NULL, NULL, 0}};
const size_t memory_count = 0;

#endif
