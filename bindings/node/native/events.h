/* The events of one poll, as values that cost JavaScript little. */
#ifndef LITER_LLM_NODE_EVENTS_H
#define LITER_LLM_NODE_EVENTS_H

#include "client.h"

/* Makes the two arguments of `deliver`: an array with the data of each event as a string, and a
 * Uint32Array with, for each event, its stream, kind, error, length in bytes and number of deltas;
 * where there are several, a NUL stands between them in the string. Valid until the next call. Of
 * VECTORS the data is the place of the event among those polled: see events_copy_vectors. */
bool events_to_js(Client *client, const LlmEvent *events, size_t count, napi_value *arguments);

/* Copies the vectors of an event to a Float32Array of their size, from inside of `deliver`: the
 * only copy of them. False: the event has none, or another number of bytes. */
bool events_copy_vectors(const Client *client, uint32_t event, napi_value target);

/* Drops the table, and the memory in which deltas are joined. */
void events_drop_table(Client *client);
void events_drop_joined(Client *client);

#endif
