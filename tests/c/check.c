/* See check.h. Prints one line per test and a last line `N passed, N failed`. */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double check_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double check_slower(void) {
  const char *factor = getenv("CHECK_SLOWER");
  double slower = factor ? atof(factor) : 1.0;
  return slower < 1.0 ? 1.0 : slower;
}

void check_bound(unsigned seconds) { alarm((unsigned)(seconds * check_slower())); }

void check_fail(const char *file, int line, const char *format, ...) {
  char message[2048];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  printf("  %s:%d: %s\n", file, line, message);
  fflush(stdout);
  _exit(1);
}

void check_number(const char *file, int line, const char *what, int64_t actual, int64_t expected) {
  if (actual != expected) {
    check_fail(file, line, "%s is %lld, expected %lld", what, (long long)actual,
               (long long)expected);
  }
}

void check_text(const char *file, int line, const char *what, const char *actual,
                const char *expected) {
  if (actual == NULL || strcmp(actual, expected) != 0) {
    check_fail(file, line, "%s is \"%s\", expected \"%s\"", what, actual ? actual : "(null)",
               expected);
  }
}

void check_holds(const char *file, int line, const char *text, const char *part) {
  if (text == NULL || strstr(text, part) == NULL) {
    check_fail(file, line, "\"%s\" is not in \"%s\"", part, text ? text : "(null)");
  }
}

size_t check_process_status(const char *name) {
  char line[256];
  size_t value = 0;
  FILE *status = fopen("/proc/self/status", "r");
  CHECK(status != NULL);
  while (fgets(line, sizeof line, status)) {
    if (strncmp(line, name, strlen(name)) == 0) value = (size_t)atol(line + strlen(name));
  }
  fclose(status);
  return value;
}

void check_child_exits(int child, int status) {
  int ending = 0;
  CHECK(waitpid(child, &ending, 0) == child);
  if (WIFSIGNALED(ending)) check_fail(__FILE__, __LINE__, "child: signal %d", WTERMSIG(ending));
  CHECK_NUMBER(WEXITSTATUS(ending), status);
}

static int is_wanted(const char *name, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strstr(name, argv[i])) return 1;
  }
  return argc < 2;
}

/* A program that was started in the background, or by one that ignores signals, inherits that. */
static void reset_signals(void) {
  static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGPIPE, SIGCHLD};
  sigset_t none;
  sigemptyset(&none);
  for (size_t i = 0; i < CHECK_COUNT(signals); i++) signal(signals[i], SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs one test in a process of its own; 1 when it passed. */
static int run_one(const CheckTest *test) {
  double began = check_now_ms();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    check_bound(test->seconds_max ? test->seconds_max : CHECK_SECONDS);
    test->run();
    fflush(stdout);
    exit(0);
  }
  int ending = 0;
  while (waitpid(child, &ending, 0) < 0 && errno == EINTR) {
  }
  double took_ms = check_now_ms() - began;
  if (ending == 0) {
    printf("ok %s (%.0f ms)\n", test->name, took_ms);
    return 1;
  }
  const char *how = WIFSIGNALED(ending) ? strsignal(WTERMSIG(ending)) : "exit code";
  int number = WIFSIGNALED(ending) ? WTERMSIG(ending) : WEXITSTATUS(ending);
  printf("FAILED %s (%.0f ms): %s %d\n", test->name, took_ms, how, number);
  return 0;
}

int check_main(const CheckTest *tests, size_t count, int argc, char **argv) {
  reset_signals();
  int passed = 0;
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_wanted(tests[i].name, argc, argv)) continue;
    if (run_one(&tests[i])) {
      passed++;
    } else {
      failed++;
    }
  }
  printf("%d passed, %d failed\n", passed, failed);
  fflush(stdout);
  return failed != 0 || passed == 0;
}
