/* What the drivers in C share: the command line, what is counted, the one line of JSON at the end.
 * One run at a time, on one thread. The drivers in other languages take and print the same. */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *base_url, *key, *timed_key, *ca;
  size_t streams, concurrency, tokens, workers;
  bool whole;
  long hold_ms;
} Arguments;

/* The counters of one stream. */
typedef struct {
  size_t index;
  double began_ms;
  bool open;
} Stream;

extern Arguments arguments;

/* Ends the process: only the runner starts drivers. */
void fail(const char *what, const char *why);

/* Reads the command line, and raises the limit of open files. */
void meter_start(int count, char **words);

/* Runs a warm-up of one stream, then what was asked; prints the line. `run` starts all streams and
 * returns when `meter_is_over`. */
void meter_measure(void (*run)(void), const char *driver, const char *version);
bool meter_is_over(void);

/* How long a driver may wait for events; -1 is for ever. Measures the CPU of a while in which all
 * streams are open, so it is asked before each wait. */
int meter_wait_ms(void);

/* The base URL has this key in it; some streams hold the time when their tokens were due. */
const char *meter_key(size_t index);
Stream meter_stream(size_t index);
/* `count` tokens in one piece of text, each of which ends where `ends` says. */
void meter_text(Stream *stream, const char *data, size_t length, const uint32_t *ends,
                size_t count);
/* The stream is over; `error` is NULL where it was complete. */
void meter_end(Stream *stream, const char *error);

#endif
