#include "meter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { TIMED_EVERY = 50, ERRORS_SHOWN = 3, ERROR_BYTES_MAX = 2048 };

typedef struct {
  double *values;
  size_t count, room;
} Values;

static struct {
  Values first_ms, answer_ms, late_ms;
  size_t tokens, characters, opened, ended;
  size_t rss_open_kib, threads, errors_count;
  char errors[ERRORS_SHOWN][ERROR_BYTES_MAX];
  double hold_began_ms, hold_cpu_s, held_cpu_s, held_s;
} meter;

Arguments arguments;

void fail(const char *what, const char *why) {
  fprintf(stderr, "driver: %s: %s\n", what, why);
  exit(2);
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static double cpu_s(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* A number of this process (proc(5), status). */
static size_t status(const char *field) {
  char line[256];
  size_t value = 0;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) fail("/proc/self/status", strerror(errno));
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, field, strlen(field))) value = strtoull(line + strlen(field), NULL, 10);
  fclose(file);
  return value;
}

static void add(Values *values, double value) {
  if (values->count == values->room) {
    values->room = values->room ? 2 * values->room : 4096;
    values->values = realloc(values->values, values->room * sizeof(double));
    if (!values->values) fail("memory", "none");
  }
  values->values[values->count++] = value;
}

static int by_size(const void *one, const void *other) {
  double left = *(const double *)one, right = *(const double *)other;
  return (left > right) - (left < right);
}

/* By nearest rank; null of nothing. */
static const char *percentiles(Values *values, char *text) {
  if (!values->count) return "null";
  qsort(values->values, values->count, sizeof(double), by_size);
  size_t half = (values->count + 1) / 2, most = (values->count * 99 + 99) / 100;
  snprintf(text, 128, "{\"p50\": %.4f, \"p99\": %.4f, \"count\": %zu}", values->values[half - 1],
           values->values[most - 1], values->count);
  return text;
}

static void read_argument(const char *name, const char *value) {
  const struct {
    const char *name, **text;
    size_t *number;
  } known[] = {
      {"--base-url", &arguments.base_url, NULL},       {"--key", &arguments.key, NULL},
      {"--timed-key", &arguments.timed_key, NULL},     {"--ca", &arguments.ca, NULL},
      {"--streams", NULL, &arguments.streams},         {"--tokens", NULL, &arguments.tokens},
      {"--concurrency", NULL, &arguments.concurrency}, {"--workers", NULL, &arguments.workers},
  };
  if (!strcmp(name, "--hold-ms")) {
    arguments.hold_ms = strtol(value, NULL, 10);
    return;
  }
  for (size_t at = 0; at < sizeof known / sizeof *known; at++)
    if (!strcmp(name, known[at].name)) {
      if (known[at].text) *known[at].text = value;
      if (known[at].number) *known[at].number = strtoull(value, NULL, 10);
      return;
    }
  fail(name, "unknown");
}

void meter_start(int count, char **words) {
  struct rlimit limit;
  if (!getrlimit(RLIMIT_NOFILE, &limit)) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (int index = 1; index < count; index++) {
    const char *name = words[index];
    if (!strcmp(name, "--whole")) {
      arguments.whole = true;
      continue;
    }
    if (++index == count) fail(name, "no value");
    read_argument(name, words[index]);
  }
  if (!arguments.base_url || !arguments.key) fail("--base-url and --key", "missing");
}

static bool is_timed(size_t index) { return arguments.timed_key && index % TIMED_EVERY == 0; }

const char *meter_key(size_t index) {
  return is_timed(index) ? arguments.timed_key : arguments.key;
}

Stream meter_stream(size_t index) { return (Stream){.index = index, .began_ms = now_ms()}; }

void meter_text(Stream *stream, const char *data, size_t length, const uint32_t *ends,
                size_t count) {
  double now = now_ms();
  if (!stream->open) {
    stream->open = true;
    add(&meter.first_ms, now - stream->began_ms);
    if (++meter.opened == arguments.concurrency) {
      meter.rss_open_kib = status("VmRSS:");
      meter.threads = status("Threads:");
    }
  }
  meter.tokens += count;
  for (size_t at = 0; at < length; at++) meter.characters += (data[at] & 0xC0) != 0x80;
  for (size_t at = 0, token = 0; is_timed(stream->index) && token < count; token++) {
    add(&meter.late_ms, now - strtod(data + at, NULL) / 1e3);
    at = ends[token];
  }
}

/* What went wrong, as plain ASCII that needs no escapes in JSON. */
static void keep_error(const char *text) {
  char *error = meter.errors[meter.errors_count++];
  snprintf(error, ERROR_BYTES_MAX, "%s", text);
  for (; *error; error++) {
    if (*error == '"' || *error == '\\') *error = '\'';
    if (*error < ' ' || *error > '~') *error = ' ';
  }
}

void meter_end(Stream *stream, const char *error) {
  meter.ended++;
  add(&meter.answer_ms, now_ms() - stream->began_ms);
  if (error && meter.errors_count < ERRORS_SHOWN) keep_error(error);
}

bool meter_is_over(void) { return meter.ended >= arguments.streams; }

int meter_wait_ms(void) {
  if (!arguments.hold_ms || meter.opened < arguments.concurrency || meter.held_s) return -1;
  double now = now_ms();
  if (!meter.hold_began_ms) meter.hold_began_ms = now, meter.hold_cpu_s = cpu_s();
  double left = meter.hold_began_ms + (double)arguments.hold_ms - now;
  if (left > 0) return (int)left + 1;
  meter.held_cpu_s = cpu_s() - meter.hold_cpu_s;
  meter.held_s = (now - meter.hold_began_ms) / 1e3;
  return -1;
}

static void print(const char *driver, const char *version, double wall_s, double cpu,
                  size_t rss_before_kib) {
  char first[128], answer[128], late[128];
  printf("{\"driver\": \"%s\", \"version\": \"%s\", \"streams\": %zu, \"tokens\": %zu, ", driver,
         version, arguments.streams, meter.tokens);
  printf("\"characters\": %zu, \"wall_s\": %.6f, \"cpu_s\": %.6f, ", meter.characters, wall_s, cpu);
  printf("\"first_token_ms\": %s, \"answer_ms\": %s, \"late_ms\": %s, ",
         percentiles(&meter.first_ms, first),
         arguments.whole ? percentiles(&meter.answer_ms, answer) : "null",
         percentiles(&meter.late_ms, late));
  printf("\"rss_before_kib\": %zu, ", rss_before_kib);
  if (meter.rss_open_kib)
    printf("\"rss_open_kib\": %zu, ", meter.rss_open_kib);
  else
    printf("\"rss_open_kib\": null, ");
  size_t threads = status("Threads:");
  printf("\"rss_peak_kib\": %zu, \"threads\": %zu, ", status("VmHWM:"),
         meter.threads > threads ? meter.threads : threads);
  if (meter.held_s)
    printf("\"held_cpu_s\": %.6f, \"held_s\": %.6f, ", meter.held_cpu_s, meter.held_s);
  else
    printf("\"held_cpu_s\": null, \"held_s\": null, ");
  printf("\"errors\": [");
  for (size_t at = 0; at < meter.errors_count; at++)
    printf("%s\"%s\"", at ? ", " : "", meter.errors[at]);
  printf("]}\n");
}

/* Keeps the memory of the values: the run itself is to allocate as little as it can. */
static void forget(void) {
  Values first_ms = meter.first_ms, answer_ms = meter.answer_ms, late_ms = meter.late_ms;
  memset(&meter, 0, sizeof meter);
  meter.first_ms = first_ms, meter.answer_ms = answer_ms, meter.late_ms = late_ms;
  meter.first_ms.count = meter.answer_ms.count = meter.late_ms.count = 0;
}

void meter_measure(void (*run)(void), const char *driver, const char *version) {
  Arguments asked = arguments;
  arguments.streams = arguments.concurrency = 1, arguments.hold_ms = 0;
  arguments.timed_key = NULL, arguments.key = "tokens~1~0~warm-up";
  run();
  forget();
  arguments = asked;
  size_t rss_before_kib = status("VmRSS:");
  double began_ms = now_ms(), cpu = cpu_s();
  run();
  print(driver, version, (now_ms() - began_ms) / 1e3, cpu_s() - cpu, rss_before_kib);
}
