/* The test harness: one process per test, so that a crash, a leak or a hang is one failed test and
 * every test begins without a runtime. A check that fails prints where and ends its process. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CheckTest {
  const char *name;
  void (*run)(void);
  unsigned seconds_max; /* 0: CHECK_SECONDS */
} CheckTest;

enum { CHECK_SECONDS = 20 };

#define CHECK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs the tests whose names contain one of the arguments (all without arguments); returns the exit
 * code. */
int check_main(const CheckTest *tests, size_t count, int argc, char **argv);

/* Ends the process after so many seconds; for processes that a test makes itself. */
void check_bound(unsigned seconds);

/* Milliseconds of the monotonic clock. */
double check_now_ms(void);

/* How much slower than usual this run may be (CHECK_SLOWER): valgrind needs it. */
double check_slower(void);

/* A number of /proc/self/status, such as "VmRSS:" in KiB; 0 when it is not there. */
size_t check_process_status(const char *name);

/* Waits for a child and checks how it ended. */
void check_child_exits(int child, int status);

void check_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
void check_number(const char *file, int line, const char *what, int64_t actual, int64_t expected);
void check_text(const char *file, int line, const char *what, const char *actual,
                const char *expected);
void check_holds(const char *file, int line, const char *text, const char *part);

#define CHECK(condition)                                                \
  do {                                                                  \
    if (!(condition)) check_fail(__FILE__, __LINE__, "%s", #condition); \
  } while (0)
#define CHECK_NUMBER(actual, expected) \
  check_number(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))
#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_HOLDS(text, part) check_holds(__FILE__, __LINE__, text, part)

#ifdef __cplusplus
}
#endif

#endif
