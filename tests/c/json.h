/* Finds single fields in small JSON documents that a test already knows the shape of. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the value of the first field of that name begins, else NULL. */
const char *json_find(const char *json, const char *name);

/* The number of that field, else -1. */
double json_number(const char *json, const char *name);

/* Copies the text of that field as it is escaped ("" when there is none); returns buffer. */
char *json_text(const char *json, const char *name, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
