/* The tests of the C boundary: `boundary [part of a name ...]`; `boundary slow` runs those
 * that take longer. Needs the mock provider (LITER_LLM_MOCK) and the built samples
 * (LITER_LLM_SAMPLES). */
#include <string.h>

#include "mock.h"
#include "suites.h"

static CheckTest tests[256];
static size_t count;

static void add(const CheckTest *suite, size_t suite_count) {
  CHECK(count + suite_count <= CHECK_COUNT(tests));
  memcpy(tests + count, suite, suite_count * sizeof *suite);
  count += suite_count;
}

int main(int argc, char **argv) {
  int is_slow = argc > 1 && strcmp(argv[1], "slow") == 0;
  if (is_slow) {
    add(slow_tests, slow_count);
    argc = 1;
  } else {
    add(invoke_tests, invoke_count);
    add(stop_tests, stop_count);
    add(fields_tests, fields_count);
    add(arguments_tests, arguments_count);
    add(mistakes_tests, mistakes_count);
    add(streams_tests, streams_count);
    add(cancel_tests, cancel_count);
    add(keys_tests, keys_count);
    add(close_tests, close_count);
    add(wake_tests, wake_count);
    add(window_tests, window_count);
    add(process_tests, process_count);
    add(operations_tests, operations_count);
    add(limits_tests, limits_count);
    add(memory_tests, memory_count);
    add(load_tests, load_count);
    add(samples_tests, samples_count);
  }
  return mock_check_main(tests, count, argc, argv);
}
