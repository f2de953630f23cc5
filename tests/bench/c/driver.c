/* The C boundary: one thread starts all streams of one client and polls it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "liter_llm.h"

enum { TIMED_EVERY = 50, TEXT_MAX = 2048, ERRORS_SHOWN = 3 };

typedef struct {
  const char *base_url, *key, *timed_key, *ca;
  size_t streams, concurrency, tokens;
  bool whole;
  long hold_ms;
} Arguments;

typedef struct {
  double *values;
  size_t count, room;
} Values;

typedef struct {
  double began_ms;
  bool open;
} Stream;

static Arguments arguments;
static Stream *streams;
static Values first_ms, answer_ms, late_ms;
static size_t tokens, characters, opened, ended;
static size_t rss_open_kib, threads, errors_count;
static char errors[ERRORS_SHOWN][TEXT_MAX];
static double held_cpu_s, held_s;

static void fail(const char *what, const char *why) {
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

static void read_arguments(int count, char **words) {
  for (int index = 1; index < count; index++) {
    const char *name = words[index];
    if (!strcmp(name, "--whole")) {
      arguments.whole = true;
      continue;
    }
    if (++index == count) fail(name, "no value");
    const char *value = words[index];
    if (!strcmp(name, "--base-url"))
      arguments.base_url = value;
    else if (!strcmp(name, "--key"))
      arguments.key = value;
    else if (!strcmp(name, "--timed-key"))
      arguments.timed_key = value;
    else if (!strcmp(name, "--ca"))
      arguments.ca = value;
    else if (!strcmp(name, "--streams"))
      arguments.streams = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--concurrency"))
      arguments.concurrency = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--tokens"))
      arguments.tokens = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--hold-ms"))
      arguments.hold_ms = strtol(value, NULL, 10);
    else
      fail(name, "unknown");
  }
}

static bool is_timed(size_t index) { return arguments.timed_key && index % TIMED_EVERY == 0; }

/* Streams are numbered from 1. */
static void start(LlmClient *client, size_t index) {
  char request[TEXT_MAX];
  const char *key = is_timed(index) ? arguments.timed_key : arguments.key;
  snprintf(
      request, sizeof request,
      "{\"model\": \"test-model\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}], "
      "\"stream\": %s, \"base_url\": \"%s/%s/v1\"}",
      arguments.whole ? "false" : "true", arguments.base_url, key);
  streams[index] = (Stream){.began_ms = now_ms()};
  if (llm_client_start(client, index + 1, "openai", request)) fail("start", llm_last_error());
}

static void take_text(const LlmEvent *event) {
  size_t index = event->stream - 1;
  double now = now_ms();
  if (!streams[index].open) {
    streams[index].open = true;
    add(&first_ms, now - streams[index].began_ms);
    if (++opened == arguments.concurrency) {
      rss_open_kib = status("VmRSS:");
      threads = status("Threads:");
    }
  }
  tokens += event->count;
  for (size_t at = 0; at < event->length; at++) characters += (event->data[at] & 0xC0) != 0x80;
  for (size_t at = 0, token = 0; is_timed(index) && token < event->count; token++) {
    add(&late_ms, now - strtod(event->data + at, NULL) / 1e3);
    at = event->ends[token];
  }
}

/* What went wrong, as plain ASCII that needs no escapes in JSON. */
static void take_error(const LlmEvent *event) {
  char *error = errors[errors_count++];
  snprintf(error, TEXT_MAX, "%s: %.*s", llm_error_name(event->error), (int)event->length,
           event->data);
  for (; *error; error++) {
    if (*error == '"' || *error == '\\') *error = '\'';
    if (*error < ' ' || *error > '~') *error = ' ';
  }
}

static void take_end(const LlmEvent *event) {
  ended++;
  add(&answer_ms, now_ms() - streams[event->stream - 1].began_ms);
  if (event->error && errors_count < ERRORS_SHOWN) take_error(event);
}

/* Takes all there is; the next stream begins where one ended. */
static void turn(LlmClient *client, int64_t timeout_ms, size_t *started) {
  const LlmEvent *events;
  size_t count = llm_client_poll(client, timeout_ms, &events);
  for (size_t at = 0; at < count; at++) {
    const LlmEvent *event = &events[at];
    if (event->kind == LLM_EVENT_TEXT) {
      take_text(event);
      llm_client_consumed(client, event->stream, event->length);
    } else if (event->kind == LLM_EVENT_END) {
      take_end(event);
      if (*started < arguments.streams) start(client, (*started)++);
    }
  }
}

static void run(LlmClient *client) {
  size_t started = 0;
  double hold_until = 0, cpu = 0, began = 0;
  while (started < arguments.streams && started < arguments.concurrency) start(client, started++);
  while (ended < arguments.streams) {
    bool holds = arguments.hold_ms && opened >= arguments.concurrency;
    if (holds && !hold_until) {
      hold_until = now_ms() + (double)arguments.hold_ms;
      cpu = cpu_s(), began = now_ms();
    }
    bool holding = hold_until && !held_s;
    double left = hold_until - now_ms();
    turn(client, holding ? (left > 0 ? (int64_t)left + 1 : 0) : -1, &started);
    if (holding && now_ms() >= hold_until)
      held_cpu_s = cpu_s() - cpu, held_s = (now_ms() - began) / 1e3;
  }
}

static void print(double wall_s, double cpu, size_t rss_before_kib) {
  char first[128], answer[128], late[128];
  printf("{\"driver\": \"c\", \"version\": \"liter-llm %s\", \"streams\": %zu, \"tokens\": %zu, ",
         llm_version(), arguments.streams, tokens);
  printf("\"characters\": %zu, \"wall_s\": %.6f, \"cpu_s\": %.6f, ", characters, wall_s, cpu);
  printf("\"first_token_ms\": %s, \"answer_ms\": %s, \"late_ms\": %s, ",
         percentiles(&first_ms, first), arguments.whole ? percentiles(&answer_ms, answer) : "null",
         percentiles(&late_ms, late));
  printf("\"rss_before_kib\": %zu, ", rss_before_kib);
  if (rss_open_kib)
    printf("\"rss_open_kib\": %zu, ", rss_open_kib);
  else
    printf("\"rss_open_kib\": null, ");
  size_t threads_now = status("Threads:");
  printf("\"rss_peak_kib\": %zu, \"threads\": %zu, ", status("VmHWM:"),
         threads > threads_now ? threads : threads_now);
  if (held_s)
    printf("\"held_cpu_s\": %.6f, \"held_s\": %.6f, ", held_cpu_s, held_s);
  else
    printf("\"held_cpu_s\": null, \"held_s\": null, ");
  printf("\"errors\": [");
  for (size_t at = 0; at < errors_count; at++) printf("%s\"%s\"", at ? ", " : "", errors[at]);
  printf("]}\n");
}

static void forget(void) {
  tokens = characters = opened = ended = errors_count = rss_open_kib = threads = 0;
  first_ms.count = answer_ms.count = late_ms.count = 0;
}

int main(int count, char **words) {
  struct rlimit limit;
  if (!getrlimit(RLIMIT_NOFILE, &limit)) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  read_arguments(count, words);
  streams = calloc(arguments.streams + 1, sizeof(Stream));
  char options[TEXT_MAX];
  snprintf(options, sizeof options, "{\"api_key\": \"test-key\", \"retries_max\": 0%s%s%s}",
           arguments.ca ? ", \"ca_file\": \"" : "", arguments.ca ? arguments.ca : "",
           arguments.ca ? "\"" : "");
  LlmClient *client;
  if (!streams || llm_client_new(options, NULL, NULL, &client)) fail("client", llm_last_error());
  Arguments asked = arguments;
  arguments.streams = arguments.concurrency = 1, arguments.hold_ms = 0;
  arguments.timed_key = NULL, arguments.key = "tokens~1~0~warm-up";
  run(client);
  forget();
  arguments = asked;
  size_t rss_before_kib = status("VmRSS:");
  double began = now_ms(), cpu = cpu_s();
  run(client);
  print((now_ms() - began) / 1e3, cpu_s() - cpu, rss_before_kib);
  llm_client_free(client);
  return 0;
}
