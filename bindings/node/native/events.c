/* Makes one string per event and nothing else: all integers go through one table, which is kept.
 * Vectors stay where they are until JavaScript, which knows how many will come, has room. */
#include "events.h"

#include <string.h>

#define COLUMNS 5
#define NUMBERS_MIN 1024
#define NUMBERS_KEPT_MAX (1u << 18)

static size_t numbers_needed(const LlmEvent *events, size_t count) {
  size_t needed = 0;
  for (size_t index = 0; index < count; index++) {
    needed += COLUMNS + (events[index].count > 1 ? events[index].count : 0);
  }
  return needed;
}

void events_drop_table(Client *client) {
  if (client->table != NULL) napi_delete_reference(client->env, client->table);
  client->table = NULL;
  client->numbers_max = 0;
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

/* `ends` counts bytes, a JavaScript string UTF-16 units: a character of four bytes has two. */
static void write_ends(const LlmEvent *event, bool ascii, uint32_t *ends_out) {
  uint32_t units = 0;
  size_t at = 0;
  if (ascii) {
    memcpy(ends_out, event->ends, event->count * sizeof *ends_out);
    return;
  }
  for (size_t index = 0; index < event->count; index++) {
    for (; at < event->ends[index]; at++) {
      unsigned char byte = (unsigned char)event->data[at];
      units += ((byte & 0xC0) != 0x80) + (byte >= 0xF0);
    }
    ends_out[index] = units;
  }
}

/* A failure leaves a hole in the array, which ends that stream and no other. */
static void set_data(napi_env env, napi_value array, uint32_t index, const LlmEvent *event,
                     bool ascii) {
  napi_value data;
  napi_status status;
  if (event->kind == LLM_EVENT_VECTORS) {
    status = napi_create_uint32(env, index, &data);
  } else if (ascii) {
    status = napi_create_string_latin1(env, event->data, event->length, &data);
  } else {
    status = napi_create_string_utf8(env, event->data, event->length, &data);
  }
  if (status == napi_ok) napi_set_element(env, array, index, data);
}

bool events_to_js(Client *client, const LlmEvent *events, size_t count, napi_value *arguments) {
  napi_env env = client->env;
  if (napi_create_array_with_length(env, count, &arguments[0]) != napi_ok) return false;
  if (!get_table(client, numbers_needed(events, count), &arguments[1])) return false;
  uint32_t *numbers = client->numbers;
  for (size_t index = 0; index < count; index++) {
    const LlmEvent *event = &events[index];
    bool ascii = event->kind == LLM_EVENT_VECTORS || is_ascii(event->data, event->length);
    set_data(env, arguments[0], (uint32_t)index, event, ascii);
    *numbers++ = (uint32_t)event->stream;
    *numbers++ = event->kind;
    *numbers++ = (uint32_t)event->error;
    *numbers++ = (uint32_t)event->length;
    *numbers++ = (uint32_t)event->count;
    if (event->count > 1) {
      write_ends(event, ascii, numbers);
      numbers += event->count;
    }
  }
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
