/* Makes one string per event and nothing else: all integers go through one table, which is kept.
 * Vectors stay where they are until JavaScript, which knows how many will come, has room.
 *
 * The deltas of a run are joined with a NUL between them, because V8 cuts a string at a character
 * in one call, where a loop in JavaScript would have to be compiled first. A run that holds a NUL,
 * which hardly any model writes, becomes as many events as it has deltas. */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 5
#define NUMBERS_MIN 1024
#define NUMBERS_KEPT_MAX (1u << 18)
#define JOINED_MIN (16u << 10)
#define JOINED_KEPT_MAX (1u << 20)

static bool is_run(const LlmEvent *event) {
  return event->kind == LLM_EVENT_TEXT || event->kind == LLM_EVENT_REASONING;
}

static bool is_joined(const LlmEvent *event) {
  return is_run(event) && event->count > 1 && memchr(event->data, 0, event->length) == NULL;
}

/* How many events JavaScript gets of one. */
static size_t rows_of(const LlmEvent *event) {
  return is_run(event) && !is_joined(event) ? event->count : 1;
}

void events_drop_table(Client *client) {
  if (client->table != NULL) napi_delete_reference(client->env, client->table);
  client->table = NULL;
  client->numbers_max = 0;
}

void events_drop_joined(Client *client) {
  free(client->joined);
  client->joined = NULL;
  client->joined_max = 0;
}

/* A table that is large enough. A very large one, which a burst needed, is not kept. */
static bool get_table(Client *client, size_t needed, napi_value *table) {
  napi_env env = client->env;
  size_t capacity = NUMBERS_MIN;
  napi_value buffer;
  void *memory = NULL;
  if (client->numbers_max > NUMBERS_KEPT_MAX) events_drop_table(client);
  if (needed <= client->numbers_max) {
    return napi_get_reference_value(env, client->table, table) == napi_ok;
  }
  events_drop_table(client);
  while (capacity < needed) capacity *= 2;
  if (napi_create_arraybuffer(env, capacity * sizeof(uint32_t), &memory, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_uint32_array, capacity, buffer, 0, table) != napi_ok ||
      napi_create_reference(env, *table, 1, &client->table) != napi_ok) {
    return false;
  }
  client->numbers = memory;
  client->numbers_max = capacity;
  return true;
}

static bool is_ascii(const char *data, size_t length) {
  uint64_t bits = 0;
  size_t at = 0;
  for (; at + sizeof bits <= length; at += sizeof bits) {
    memcpy(&bits, data + at, sizeof bits);
    if (bits & UINT64_C(0x8080808080808080)) return false;
  }
  for (; at < length; at++) {
    if ((unsigned char)data[at] & 0x80) return false;
  }
  return true;
}

/* The deltas of a run with a NUL between them, which live until the next call; NULL where there is
 * no memory. */
static const char *join(Client *client, const LlmEvent *event, size_t length) {
  if (client->joined_max < length) {
    events_drop_joined(client);
    client->joined = malloc(length < JOINED_MIN ? JOINED_MIN : length);
    if (client->joined == NULL) return NULL;
    client->joined_max = length < JOINED_MIN ? JOINED_MIN : length;
  }
  char *to = client->joined;
  for (size_t index = 0, start = 0; index < event->count; index++) {
    size_t bytes = event->ends[index] - start;
    if (index > 0) *to++ = 0;
    memcpy(to, event->data + start, bytes);
    to += bytes;
    start += bytes;
  }
  return client->joined;
}

/* Where the next event goes. */
typedef struct {
  napi_env env;
  napi_value array;
  uint32_t row;
  uint32_t *numbers;
} Rows;

static void describe(Rows *rows, const LlmEvent *event, size_t length, size_t count) {
  *rows->numbers++ = (uint32_t)event->stream;
  *rows->numbers++ = event->kind;
  *rows->numbers++ = (uint32_t)event->error;
  *rows->numbers++ = (uint32_t)length;
  *rows->numbers++ = (uint32_t)count;
  rows->row++;
}

/* A failure leaves a hole in the array, which ends that stream and no other. */
static void set_text(Rows *rows, const char *text, size_t length) {
  napi_value data;
  if (text == NULL) return;
  napi_status status = is_ascii(text, length)
                           ? napi_create_string_latin1(rows->env, text, length, &data)
                           : napi_create_string_utf8(rows->env, text, length, &data);
  if (status == napi_ok) napi_set_element(rows->env, rows->array, rows->row, data);
}

static void add_deltas(Rows *rows, const LlmEvent *event) {
  for (size_t index = 0, start = 0; index < event->count; index++) {
    size_t bytes = event->ends[index] - start;
    set_text(rows, event->data + start, bytes);
    describe(rows, event, bytes, 1);
    start += bytes;
  }
}

static void add_event(Client *client, Rows *rows, const LlmEvent *event, uint32_t place) {
  napi_value data;
  if (event->kind == LLM_EVENT_VECTORS) {
    if (napi_create_uint32(rows->env, place, &data) == napi_ok) {
      napi_set_element(rows->env, rows->array, rows->row, data);
    }
  } else if (is_joined(event)) {
    size_t length = event->length + event->count - 1;
    set_text(rows, join(client, event, length), length);
  } else if (is_run(event)) {
    add_deltas(rows, event);
    return;
  } else {
    set_text(rows, event->data, event->length);
  }
  describe(rows, event, event->length, event->count);
}

bool events_to_js(Client *client, const LlmEvent *events, size_t count, napi_value *arguments) {
  Rows rows = {.env = client->env};
  size_t needed = 0;
  for (size_t index = 0; index < count; index++) needed += rows_of(&events[index]);
  if (napi_create_array_with_length(rows.env, needed, &arguments[0]) != napi_ok) return false;
  if (!get_table(client, needed * COLUMNS, &arguments[1])) return false;
  rows.array = arguments[0];
  rows.numbers = client->numbers;
  for (size_t index = 0; index < count; index++) {
    add_event(client, &rows, &events[index], (uint32_t)index);
  }
  if (client->joined_max > JOINED_KEPT_MAX) events_drop_joined(client);
  return true;
}

bool events_copy_vectors(const Client *client, uint32_t index, napi_value target) {
  napi_typedarray_type type;
  size_t length = 0;
  void *memory = NULL;
  if (napi_get_typedarray_info(client->env, target, &type, &length, &memory, NULL, NULL) !=
          napi_ok ||
      index >= client->events_count) {
    return false;
  }
  const LlmEvent *event = &client->events[index];
  if (event->kind != LLM_EVENT_VECTORS || type != napi_float32_array ||
      length * sizeof(float) != event->length) {
    return false;
  }
  if (event->length > 0) memcpy(memory, event->data, event->length);
  return true;
}
