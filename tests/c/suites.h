/* The tests of the C boundary, one array per file test_*.c. */
#ifndef SUITES_H
#define SUITES_H

#include "check.h"

#define SUITE(name)                      \
  extern const CheckTest name##_tests[]; \
  extern const size_t name##_count;

SUITE(invoke)
SUITE(stop)
SUITE(fields)
SUITE(arguments)
SUITE(mistakes)
SUITE(streams)
SUITE(cancel)
SUITE(keys)
SUITE(close)
SUITE(wake)
SUITE(window)
SUITE(process)
SUITE(operations)
SUITE(limits)
SUITE(memory)
SUITE(load)
SUITE(slow)
SUITE(samples)

#define SUITE_END(name) const size_t name##_count = CHECK_COUNT(name##_tests);

#endif
