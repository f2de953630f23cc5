/* The C program of a soak: one client, one thread, so many streams live at any time. Every response
 * is compared with its text as it comes, and every end with the ends that its kind may have.
 *
 * soak ANSWERS OPTIONS STREAMS SECONDS SEED: the file of responses (tests/soak/answers.py), the
 * JSON of the client's options. Prints one line of JSON per second and one at the end, then waits
 * until its standard input ends, so that the runner can look at the process once more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "liter_llm.h"

enum { CASES_MAX = 256, FAULTS_SHOWN = 20, LINE_MAX_BYTES = 1 << 20 };
enum { POLL_MS = 10, CANCEL_PERCENT = 10, CANCEL_MS_MAX = 4000, DRAIN_SECONDS = 60 };

typedef struct Case {
  char *kind, *place, *ends, *provider, *request, *text;
  size_t length, weight;
  size_t ended, completed; /* of all its streams */
} Case;

typedef struct Slot {
  uint64_t stream; /* 0: not live */
  Case *expected;
  size_t received;
  double cancel_ms; /* 0: never */
  int cancelled;
} Slot;

static Case cases[CASES_MAX];
static size_t cases_count, weights;
static Slot *slots;
static size_t slots_count, live;
static uint64_t random_state;
static LlmClient *client;
static int busy;
static size_t started, ended, completed, cancelled;
static size_t wrong_success, wrong_text, wrong_end, ended_twice, faults_shown;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* xorshift64: the same seed gives the same choices. */
static uint64_t next_random(uint64_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state % below;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "soak: %s: %s\n", what, why);
  exit(2);
}

/* Counts a fault, and prints the first ones. */
static void fault(size_t *counter, const char *what, const Slot *slot, const LlmEvent *event) {
  *counter += 1;
  if (faults_shown++ >= FAULTS_SHOWN) return;
  fprintf(stderr, "soak: %s: stream %llu, %s over %s after %zu of %zu bytes: %s: %.*s\n", what,
          (unsigned long long)event->stream, slot->expected ? slot->expected->kind : "?",
          slot->expected ? slot->expected->place : "?", slot->received,
          slot->expected ? slot->expected->length : 0, llm_error_name(event->error),
          (int)(event->length < 600 ? event->length : 600), event->data);
}

static char *field(char **rest) {
  char *begin = *rest;
  char *end = strpbrk(begin, "\t\n");
  if (!end) fail("cases", "a line is too short");
  *end = 0;
  *rest = end + 1;
  char *copy = strdup(begin);
  if (!copy) fail("cases", "out of memory");
  return copy;
}

static void read_cases(const char *path) {
  char *line = malloc(LINE_MAX_BYTES);
  FILE *file = fopen(path, "r");
  if (!file || !line) fail(path, "cannot be read");
  while (fgets(line, LINE_MAX_BYTES, file)) {
    if (cases_count == CASES_MAX) fail(path, "too many responses");
    Case *expected = &cases[cases_count++];
    char *rest = line;
    expected->kind = field(&rest);
    expected->place = field(&rest);
    char *weight = field(&rest);
    expected->weight = (size_t)atol(weight);
    free(weight);
    expected->ends = field(&rest);
    expected->provider = field(&rest);
    expected->request = field(&rest);
    expected->text = field(&rest);
    expected->length = strlen(expected->text);
    weights += expected->weight;
  }
  fclose(file);
  free(line);
}

static Case *draw(void) {
  size_t at = (size_t)next_random(weights);
  Case *expected = cases;
  for (; at >= expected->weight; expected++) at -= expected->weight;
  return expected;
}

static void start(Slot *slot) {
  Case *expected = draw();
  /* The slot is found again by the number: numbers of a slot differ by whole turns. */
  uint64_t stream = (uint64_t)(slot - slots) + slots_count * (started + 1);
  memset(slot, 0, sizeof *slot);
  slot->stream = stream;
  slot->expected = expected;
  if (next_random(100) < CANCEL_PERCENT) {
    slot->cancel_ms = now_ms() + (double)next_random(CANCEL_MS_MAX) + 0.5;
  }
  if (llm_client_start(client, stream, expected->provider, expected->request) != LLM_ERROR_OK) {
    fail("a stream does not start", llm_last_error());
  }
  started++;
  live++;
}

/* Whether an error number is in the list of those with which a response may end. */
static int may_end(const Case *expected, LlmError error) {
  for (const char *at = expected->ends; *at;) {
    char *end;
    if (strtol(at, &end, 10) == error) return 1;
    at = *end == ',' ? end + 1 : end;
  }
  return 0;
}

static int is_outcome(const LlmEvent *event, const char *outcome) {
  char wanted[64];
  int length = snprintf(wanted, sizeof wanted, "\"outcome\":\"%s\"", outcome);
  return memmem(event->data, event->length, wanted, (size_t)length) != NULL;
}

static void end(Slot *slot, const LlmEvent *event) {
  Case *expected = slot->expected;
  int success = event->error == LLM_ERROR_OK || is_outcome(event, "complete");
  if (success) {
    completed++;
    expected->completed++;
    int whole = slot->received == expected->length && may_end(expected, LLM_ERROR_OK);
    if (!whole || event->error != LLM_ERROR_OK || !is_outcome(event, "complete")) {
      fault(&wrong_success, "a wrong success", slot, event);
    }
  } else if (event->error == LLM_ERROR_CANCELLED && slot->cancelled) {
    cancelled++;
  } else if (!may_end(expected, event->error)) {
    fault(&wrong_end, "an end that was not promised", slot, event);
  }
  expected->ended++;
  slot->stream = 0;
  ended++;
  live--;
}

static void take(const LlmEvent *event) {
  if (event->kind == LLM_EVENT_LOG) return;
  Slot *slot = &slots[event->stream % slots_count];
  if (slot->stream != event->stream) {
    fault(&ended_twice, "an event after the end", slot, event);
    return;
  }
  if (event->kind == LLM_EVENT_TEXT) {
    const Case *expected = slot->expected;
    int fits = slot->received + event->length <= expected->length &&
               memcmp(expected->text + slot->received, event->data, event->length) == 0;
    if (!fits) fault(&wrong_text, "text that is no prefix", slot, event);
    slot->received += event->length;
  }
  if (event->kind == LLM_EVENT_END) {
    end(slot, event);
  } else {
    llm_client_consumed(client, event->stream, event->length);
  }
}

static void poll_once(void) {
  const LlmEvent *events = NULL;
  size_t count = llm_client_poll(client, POLL_MS, &events);
  for (size_t i = 0; i < count; i++) take(&events[i]);
}

static void cancel_some(void) {
  double now = now_ms();
  for (Slot *slot = slots; slot < slots + slots_count; slot++) {
    if (!slot->stream || slot->cancelled || slot->cancel_ms == 0 || slot->cancel_ms > now) continue;
    slot->cancelled = 1;
    llm_client_cancel(client, slot->stream);
  }
}

static void print_kinds(void) {
  const char *separator = "";
  for (Case *expected = cases; expected < cases + cases_count; expected++) {
    printf("%s\"%s/%s/%s\":[%zu,%zu]", separator, expected->kind, expected->place,
           expected->provider, expected->ended, expected->completed);
    separator = ",";
  }
}

static void report(const char *what) {
  printf(
      "{\"%s\":true,\"started\":%zu,\"ended\":%zu,\"completed\":%zu,\"cancelled\":%zu,"
      "\"live\":%zu,\"busy\":%s,\"wrong_success\":%zu,\"wrong_text\":%zu,\"wrong_end\":%zu,"
      "\"ended_twice\":%zu",
      what, started, ended, completed, cancelled, live, busy ? "true" : "false", wrong_success,
      wrong_text, wrong_end, ended_twice);
  if (strcmp(what, "last") == 0) {
    printf(",\"kinds\":{");
    print_kinds();
    printf("}");
  }
  printf("}\n");
  fflush(stdout);
}

/* Keeps all slots busy until `until_ms`, then lets the streams end. */
static void run(double until_ms) {
  double reported_ms = now_ms();
  double cancelled_ms = reported_ms;
  double drained_ms = until_ms + DRAIN_SECONDS * 1e3;
  while (1) {
    double now = now_ms();
    if ((now >= until_ms && live == 0) || now >= drained_ms) return;
    busy = now < until_ms;
    for (Slot *slot = slots; busy && slot < slots + slots_count; slot++) {
      if (!slot->stream) start(slot);
    }
    poll_once();
    if (now - cancelled_ms >= POLL_MS) {
      cancelled_ms = now;
      cancel_some();
    }
    if (now - reported_ms >= 1e3) {
      reported_ms = now;
      report("sample");
    }
  }
}

/* As many descriptors as the system allows. */
static void allow_sockets(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit", "failed");
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
  if (argc != 6) fail("usage", "soak ANSWERS OPTIONS STREAMS SECONDS SEED");
  read_cases(argv[1]);
  slots_count = (size_t)atol(argv[3]);
  slots = calloc(slots_count, sizeof *slots);
  random_state = (uint64_t)atol(argv[5]) * 2654435769u + 88172645463325252u;
  if (!slots || slots_count == 0 || weights == 0) fail("arguments", "nothing to do");
  allow_sockets();
  report("begun");
  if (llm_client_new(argv[2], NULL, NULL, &client) != LLM_ERROR_OK) {
    fail("no client", llm_last_error());
  }
  run(now_ms() + atof(argv[4]) * 1e3);
  llm_client_free(client);
  report("last");
  while (getchar() != EOF) {
  }
  return 0;
}
