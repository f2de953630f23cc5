/* One response of the mock, cut anywhere: bytes in, text out. No I/O. Knows what the mock writes
 * and nothing else: one `data` line per event, no escapes, no trailers, no compression. */
#ifndef BENCH_RESPONSE_H
#define BENCH_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESPONSE_READ_MAX = 64 * 1024, RESPONSE_REST_MAX = 64 * 1024 };
/* No event is shorter, so that a piece of text has no more tokens. */
enum { EVENT_BYTES_MIN = 16, TEXT_ROOM = RESPONSE_READ_MAX + RESPONSE_REST_MAX };

/* Where a response is. */
typedef enum { HEAD, SIZE, CHUNK, CHUNK_END, LAST, WHOLE, COMPLETE } Part;

typedef struct {
  Part part;
  /* Of the chunk or of the whole body. */
  size_t left;
  bool is_done;
  /* The head or the event that has begun; the memory stays for the next response. */
  char *rest;
  size_t rest_length, rest_room;
} Response;

/* What a read held: `count` tokens, each of which ends where `ends` says. */
typedef struct {
  char data[TEXT_ROOM];
  uint32_t ends[TEXT_ROOM / EVENT_BYTES_MIN];
  size_t length, count;
} Text;

void response_begin(Response *response);

/* At most RESPONSE_READ_MAX bytes. Returns what it does not understand, or NULL. */
const char *response_read(Response *response, const char *bytes, size_t length, Text *text_out);

#endif
