/* See json.h. */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *json_find(const char *json, const char *name) {
  char quoted[64];
  int length = snprintf(quoted, sizeof quoted, "\"%s\"", name);
  for (const char *at = strstr(json, quoted); at; at = strstr(at + 1, quoted)) {
    const char *value = at + length;
    value += strspn(value, " \t\r\n");
    if (*value == ':') return value + 1 + strspn(value + 1, " \t\r\n");
  }
  return NULL;
}

double json_number(const char *json, const char *name) {
  const char *value = json_find(json, name);
  return value ? strtod(value, NULL) : -1;
}

char *json_text(const char *json, const char *name, char *buffer, size_t size) {
  const char *value = json_find(json, name);
  size_t length = 0;
  if (value && *value == '"') {
    for (value++; *value && *value != '"' && length + 2 < size; value++) {
      if (*value == '\\' && value[1]) buffer[length++] = *value++;
      buffer[length++] = *value;
    }
  }
  buffer[length] = 0;
  return buffer;
}
