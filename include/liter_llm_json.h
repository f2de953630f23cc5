/// @file liter_llm_json.h
/// Single fields of the JSON that liter_llm.h hands over (events, receipts, errors), for programs
/// without a JSON library. Header only, C99 and C++17; it needs nothing else.
///
///     char reason[32];
///     llm_json_text(event->data, event->length, "finish_reason", reason, sizeof reason);
///     int64_t tokens = llm_json_integer(event->data, event->length, "usage.output_tokens", -1);
///
/// A path is the names of fields, and in lists positions from 0, with dots between:
/// "error.message", "warnings.0"; "" is the whole value. No path leads to a name that has a dot in
/// it; llm_json_next finds it. Of fields with the same name the first counts.
///
/// Nothing is allocated, and nothing beyond `length` is read. JSON is not checked here: what is
/// none gives the fallback, or some of its own bytes.
#ifndef LITER_LLM_JSON_H
#define LITER_LLM_JSON_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A value where it stands in its JSON, text with its quotes; data is NULL when there is none.
/// Lives as long as that JSON.
typedef struct LlmJson {
  const char *data;
  size_t length;
} LlmJson;

/// Longest number that llm_json_number reads.
enum { LLM_JSON_NUMBER_BYTES_MAX = 511 };

/* What ends in an underscore is for this header alone. */

static inline LlmJson llm_json_between_(const char *start, const char *end) {
  LlmJson value = {start, (size_t)(end - start)};
  if (value.length == 0) value.data = NULL;
  return value;
}

static inline const char *llm_json_after_blanks_(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

/* `at` is on the opening quote. */
static inline const char *llm_json_after_text_(const char *at, const char *end) {
  for (at++; at < end; at++) {
    if (*at == '"') return at + 1;
    if (*at == '\\' && at + 1 < end) at++;
  }
  return end;
}

static inline int llm_json_is_in_word_(char byte) {
  return byte != 0 && strchr(",:]} \t\r\n\"[{", byte) == NULL;
}

/* Counts brackets instead of calling itself, so depth costs no stack. */
static inline const char *llm_json_after_value_(const char *at, const char *end) {
  size_t depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = llm_json_after_text_(at, end);
    } else if (*at == '{' || *at == '[') {
      depth++;
      at++;
    } else if (*at == '}' || *at == ']') {
      if (depth == 0) return at;
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
    } else {
      while (at < end && llm_json_is_in_word_(*at)) at++;
    }
    if (depth == 0) break;
  }
  return at;
}

/* Four hexadecimal digits, or -1. */
static inline long llm_json_hex_(const char *at, const char *end) {
  long number = 0;
  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char digit = at[i];
    if (digit >= '0' && digit <= '9') {
      number = number * 16 + (digit - '0');
    } else if ((digit | 32) >= 'a' && (digit | 32) <= 'f') {
      number = number * 16 + ((digit | 32) - 'a' + 10);
    } else {
      return -1;
    }
  }
  return number;
}

static inline size_t llm_json_utf8_(long code, char bytes_out[4]) {
  static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--) {
    bytes_out[i] = (char)(0x80 | (code & 0x3F));
    code >>= 6;
  }
  bytes_out[0] = (char)(length == 1 ? code : lead[length] | code);
  return length;
}

/* Behind `\u`: a character of one or two escapes. A half of a pair alone is U+FFFD. */
static inline size_t llm_json_unicode_(const char **at, const char *end, char bytes_out[4]) {
  long code = llm_json_hex_(*at, end);
  if (code < 0) return llm_json_utf8_(0xFFFD, bytes_out);
  *at += 4;
  if (code >= 0xD800 && code <= 0xDFFF) {
    int pairs = code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u';
    long low = pairs ? llm_json_hex_(*at + 2, end) : -1;
    if (low < 0xDC00 || low > 0xDFFF) return llm_json_utf8_(0xFFFD, bytes_out);
    *at += 6;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  return llm_json_utf8_(code, bytes_out);
}

/* The next character of a text, as UTF-8; 0 at its end. */
static inline size_t llm_json_character_(const char **at, const char *end, char bytes_out[4]) {
  static const char escapes[] = "bfnrt", meant[] = "\b\f\n\r\t";
  const char *from = *at;
  size_t length = 1;
  if (from >= end || *from == '"') return 0;
  if (*from == '\\' && from + 1 < end) {
    const char *escape = strchr(escapes, from[1]);
    *at = from + 2;
    if (from[1] == 'u') return llm_json_unicode_(at, end, bytes_out);
    bytes_out[0] = escape ? meant[escape - escapes] : from[1];
    return 1;
  }
  while (length < 4 && from + length < end && ((unsigned char)from[length] & 0xC0) == 0x80) {
    length++;
  }
  memcpy(bytes_out, from, length);
  *at = from + length;
  return length;
}

/* Whether the text is this name. */
static inline int llm_json_is_(LlmJson text, const char *name, size_t length) {
  const char *at = text.data + 1, *end = text.data + text.length;
  char bytes[4];
  size_t count;
  while ((count = llm_json_character_(&at, end, bytes)) > 0) {
    if (count > length || memcmp(bytes, name, count) != 0) return 0;
    name += count;
    length -= count;
  }
  return length == 0;
}

/* The position that digits name, or one that no list has. */
static inline size_t llm_json_position_(const char *digits, size_t length) {
  size_t position = 0;
  if (length == 0 || length > 9) return SIZE_MAX;
  for (size_t i = 0; i < length; i++) {
    if (digits[i] < '0' || digits[i] > '9') return SIZE_MAX;
    position = position * 10 + (size_t)(digits[i] - '0');
  }
  return position;
}

/// Goes through a list or an object: moves `value` to the next one in it and returns 1, or 0 after
/// the last. `value` begins as {NULL, 0}, and is that again after the last. `name`, which may be
/// NULL, becomes the field's name with its quotes; in a list there is none.
static inline int llm_json_next(LlmJson whole, LlmJson *name, LlmJson *value) {
  LlmJson before = *value, field = {NULL, 0};
  const char *start, *at, *end;
  *value = field;
  if (name) *name = field;
  if (whole.data == NULL) return 0;
  end = whole.data + whole.length;
  start = llm_json_after_blanks_(whole.data, end);
  if (start == end || (*start != '{' && *start != '[')) return 0;
  at = before.data ? before.data + before.length : start + 1;
  at = llm_json_after_blanks_(at, end);
  if (before.data) {
    if (at == end || *at != ',') return 0;
    at = llm_json_after_blanks_(at + 1, end);
  }
  if (*start == '{') {
    if (at == end || *at != '"') return 0;
    field = llm_json_between_(at, llm_json_after_text_(at, end));
    at = llm_json_after_blanks_(at + field.length, end);
    if (at == end || *at != ':') return 0;
    at = llm_json_after_blanks_(at + 1, end);
  }
  *value = llm_json_between_(at, llm_json_after_value_(at, end));
  if (name && value->data) *name = field;
  return value->data != NULL;
}

static inline LlmJson llm_json_child_(LlmJson whole, const char *name, size_t length) {
  LlmJson field = {NULL, 0}, value = {NULL, 0};
  size_t position = 0, wanted = llm_json_position_(name, length);
  while (llm_json_next(whole, &field, &value)) {
    if (field.data ? llm_json_is_(field, name, length) : position == wanted) break;
    position++;
  }
  return value;
}

/// The value at a path; its data is NULL when there is none. Null is a value: the word `null`.
static inline LlmJson llm_json_at(const char *json, size_t length, const char *path) {
  LlmJson value = {NULL, 0};
  if (json == NULL) return value;
  const char *start = llm_json_after_blanks_(json, json + length);
  value = llm_json_between_(start, llm_json_after_value_(start, json + length));
  while (value.data && *path) {
    size_t name = strcspn(path, ".");
    value = llm_json_child_(value, path, name);
    path += name + (path[name] == '.');
  }
  return value;
}

/// Copies a text without its escapes, as UTF-8 and NUL-terminated; what does not fit is left out by
/// whole characters. Returns the length of the whole text, so a buffer of more bytes than that
/// holds it; 0, and the buffer "", when there is no text at the path. A size of 0 only measures.
static inline size_t llm_json_text(const char *json, size_t length, const char *path, char *buffer,
                                   size_t size) {
  LlmJson value = llm_json_at(json, length, path);
  size_t whole = 0, kept = 0, count;
  if (value.data && *value.data == '"') {
    const char *at = value.data + 1, *end = value.data + value.length;
    char bytes[4];
    while ((count = llm_json_character_(&at, end, bytes)) > 0) {
      if (kept == whole && kept + count < size) {
        memcpy(buffer + kept, bytes, count);
        kept += count;
      }
      whole += count;
    }
  }
  if (size > 0) buffer[kept] = 0;
  return whole;
}

static inline int llm_json_read_integer_(LlmJson value, int64_t *integer_out) {
  int64_t negated = 0; /* of which there is one more */
  size_t is_negative = value.data && *value.data == '-';
  if (value.length <= is_negative) return 0;
  for (size_t i = is_negative; i < value.length; i++) {
    int digit = value.data[i] - '0';
    if (digit < 0 || digit > 9 || negated < (INT64_MIN + digit) / 10) return 0;
    negated = negated * 10 - digit;
  }
  if (!is_negative && negated == INT64_MIN) return 0;
  *integer_out = is_negative ? negated : -negated;
  return 1;
}

/// The whole number at a path. The fallback when there is none, when it has a fraction or an
/// exponent, and past 64 bits.
static inline int64_t llm_json_integer(const char *json, size_t length, const char *path,
                                       int64_t fallback) {
  int64_t integer = fallback;
  return llm_json_read_integer_(llm_json_at(json, length, path), &integer) ? integer : fallback;
}

/* Behind `e`: a sign and digits; past all that a double can have it stays as it is. */
static inline int llm_json_read_exponent_(const char *at, const char *end, long *exponent_out) {
  int is_negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (at == end) return 0;
  for (; at < end; at++) {
    if (*at < '0' || *at > '9') return 0;
    if (*exponent_out < 100000) *exponent_out = *exponent_out * 10 + (*at - '0');
  }
  if (is_negative) *exponent_out = -*exponent_out;
  return 1;
}

/* strtod gets "25e-1" for 2.5, since it looks for the decimal point of the process's locale. */
static inline int llm_json_read_number_(LlmJson value, double *number_out) {
  char text[LLM_JSON_NUMBER_BYTES_MAX + 32];
  size_t kept = 0;
  long exponent = 0, places = 0;
  int has_point = 0;
  if (value.data == NULL || value.length > LLM_JSON_NUMBER_BYTES_MAX) return 0;
  const char *at = value.data, *end = value.data + value.length;
  for (; at < end && (*at | 32) != 'e'; at++) {
    if (*at == '.' && !has_point) {
      has_point = 1;
    } else if ((*at >= '0' && *at <= '9') || (*at == '-' && kept == 0)) {
      text[kept++] = *at;
      places += has_point;
    } else {
      return 0;
    }
  }
  if (at < end && !llm_json_read_exponent_(at + 1, end, &exponent)) return 0;
  snprintf(text + kept, sizeof text - kept, "e%ld", exponent - places);
  char *rest = text;
  *number_out = strtod(text, &rest);
  return *rest == 0 && *number_out <= DBL_MAX && *number_out >= -DBL_MAX;
}

/// The number at a path. The fallback when there is none, when it is too large for a double, and
/// past LLM_JSON_NUMBER_BYTES_MAX.
static inline double llm_json_number(const char *json, size_t length, const char *path,
                                     double fallback) {
  double number = fallback;
  return llm_json_read_number_(llm_json_at(json, length, path), &number) ? number : fallback;
}

static inline int llm_json_read_boolean_(LlmJson value, int *boolean_out) {
  *boolean_out = value.length == 4 && memcmp(value.data, "true", 4) == 0;
  return *boolean_out || (value.length == 5 && memcmp(value.data, "false", 5) == 0);
}

/// 1 for true and 0 for false at a path, else the fallback.
static inline int llm_json_boolean(const char *json, size_t length, const char *path,
                                   int fallback) {
  int boolean = fallback;
  return llm_json_read_boolean_(llm_json_at(json, length, path), &boolean) ? boolean : fallback;
}

#endif  // LITER_LLM_JSON_H
