#include "response.h"

#include <stdlib.h>
#include <string.h>

static const char CONTENT[] = "\"content\":\"", DATA[] = "data: ", DONE[] = "[DONE]";
enum { CONTENT_BYTES = sizeof CONTENT - 1, DATA_BYTES = sizeof DATA - 1 };

void response_begin(Response *response) {
  response->part = HEAD;
  response->left = response->rest_length = 0;
  response->is_done = false;
}

static const char *keep(Response *response, const char *bytes, size_t length) {
  size_t whole = response->rest_length + length;
  if (whole > RESPONSE_REST_MAX) return "a head or an event is too long";
  if (whole > response->rest_room) {
    size_t room = whole < 256 ? 256 : 2 * whole;
    char *rest = realloc(response->rest, room);
    if (!rest) return "no memory";
    response->rest = rest, response->rest_room = room;
  }
  memcpy(response->rest + response->rest_length, bytes, length);
  response->rest_length = whole;
  return NULL;
}

/* Copies the text out, up to its closing quote. */
static const char *take_text(const char *at, const char *end, Text *text) {
  char *out = text->data + text->length;
  for (; at < end && *at != '"'; at++) {
    if (*at == '\\') return "an escape in the text";
    *out++ = *at;
  }
  if (at == end) return "text without an end";
  size_t length = (size_t)(out - text->data);
  if (length > text->length) text->ends[text->count++] = (uint32_t)length;
  text->length = length;
  return NULL;
}

static const char *take_data(Response *response, const char *data, size_t length, Text *text) {
  if (response->is_done) return "an event after the last one";
  if (length == sizeof DONE - 1 && !memcmp(data, DONE, length)) {
    response->is_done = true;
    return NULL;
  }
  const char *content = memmem(data, length, CONTENT, CONTENT_BYTES);
  return content ? take_text(content + CONTENT_BYTES, data + length, text) : NULL;
}

/* All events that are there; the end of the last one is where the rest begins. */
static const char *take_events(Response *response, const char **bytes, const char *end,
                               Text *text) {
  const char *at = *bytes, *line;
  while ((line = memchr(at, '\n', (size_t)(end - at))) && line + 1 < end) {
    if (line[1] != '\n' || line - at < DATA_BYTES || memcmp(at, DATA, DATA_BYTES))
      return "an event that is not one line of data";
    const char *data = at + DATA_BYTES;
    const char *error = take_data(response, data, (size_t)(line - data), text);
    if (error) return error;
    at = line + 2;
  }
  *bytes = at;
  return NULL;
}

static const char *take_chunk(Response *response, const char *bytes, size_t length, Text *text) {
  if (!response->rest_length) {
    const char *end = bytes + length, *error = take_events(response, &bytes, end, text);
    return error ? error : keep(response, bytes, (size_t)(end - bytes));
  }
  const char *error = keep(response, bytes, length);
  if (error) return error;
  const char *at = response->rest, *end = at + response->rest_length;
  error = take_events(response, &at, end, text);
  response->rest_length = (size_t)(end - at);
  memmove(response->rest, at, response->rest_length);
  return error;
}

static const char *take_whole(Response *response, const char *bytes, size_t length, Text *text) {
  const char *error = keep(response, bytes, length);
  if (error || response->left) return error;
  response->part = COMPLETE;
  return take_data(response, response->rest, response->rest_length, text);
}

static const char *take_head(Response *response, const char *head, size_t length) {
  static const char STATUS[] = "HTTP/1.1 200 ", CHUNKED[] = "\r\ntransfer-encoding: chunked\r\n",
                    LENGTH[] = "\r\ncontent-length: ", GZIP[] = "\r\ncontent-encoding: ";
  if (length < sizeof STATUS - 1 || memcmp(head, STATUS, sizeof STATUS - 1))
    return "a status that is not 200";
  if (memmem(head, length, GZIP, sizeof GZIP - 1)) return "a body that is packed";
  const char *sized = memmem(head, length, LENGTH, sizeof LENGTH - 1);
  if (sized) {
    response->part = WHOLE;
    response->left = strtoull(sized + sizeof LENGTH - 1, NULL, 10);
    return response->left ? NULL : "an empty body";
  }
  if (!memmem(head, length, CHUNKED, sizeof CHUNKED - 1)) return "a body that is not chunked";
  response->part = SIZE;
  return NULL;
}

/* Takes the head where it is whole; all of it and of the rest is then behind `bytes`. */
static const char *find_head(Response *response, const char **bytes, const char *end) {
  static const char END[] = "\r\n\r\n";
  size_t before = response->rest_length;
  const char *head = *bytes, *error;
  size_t length = (size_t)(end - head);
  if (before) {
    if ((error = keep(response, head, length))) return error;
    head = response->rest, length = response->rest_length;
  }
  const char *found = memmem(head, length, END, sizeof END - 1);
  if (!found) {
    *bytes = end;
    return before ? NULL : keep(response, head, length);
  }
  size_t taken = (size_t)(found - head) + sizeof END - 1;
  error = take_head(response, head, taken);
  *bytes += taken - before;
  response->rest_length = 0;
  return error;
}

/* The size of a chunk, in digits that may be cut. */
static const char *take_size(Response *response, const char **bytes, const char *end) {
  while (*bytes < end) {
    char byte = *(*bytes)++;
    if (byte == '\n') {
      response->part = response->left ? CHUNK : LAST;
      return NULL;
    }
    if (byte >= '0' && byte <= '9')
      response->left = 16 * response->left + (size_t)(byte - '0');
    else if (byte >= 'a' && byte <= 'f')
      response->left = 16 * response->left + (size_t)(byte - 'a') + 10;
    else if (byte != '\r')
      return "a size of a chunk that is no number";
  }
  return NULL;
}

static const char *take_line_end(Response *response, const char **bytes, const char *end) {
  if (**bytes == '\r' && ++*bytes == end) return NULL;
  if (*(*bytes)++ != '\n') return "a trailer, or a chunk that is longer than its size";
  if (response->part == LAST && (!response->is_done || response->rest_length))
    return "a body that ends before its last event";
  response->part = response->part == LAST ? COMPLETE : SIZE;
  return NULL;
}

static const char *take_body(Response *response, const char **bytes, const char *end, Text *text) {
  size_t length = (size_t)(end - *bytes);
  if (length > response->left) length = response->left;
  const char *body = *bytes;
  *bytes += length;
  response->left -= length;
  if (response->part == WHOLE) return take_whole(response, body, length, text);
  if (!response->left) response->part = CHUNK_END;
  return take_chunk(response, body, length, text);
}

const char *response_read(Response *response, const char *bytes, size_t length, Text *text_out) {
  const char *end = bytes + length, *error = NULL;
  text_out->length = text_out->count = 0;
  while (bytes < end && !error) {
    switch (response->part) {
      case HEAD:
        error = find_head(response, &bytes, end);
        break;
      case SIZE:
        error = take_size(response, &bytes, end);
        break;
      case CHUNK:
      case WHOLE:
        error = take_body(response, &bytes, end, text_out);
        break;
      case CHUNK_END:
      case LAST:
        error = take_line_end(response, &bytes, end);
        break;
      case COMPLETE:
        error = "bytes after the end";
    }
  }
  return error;
}
