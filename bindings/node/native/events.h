/* Events: what one poll brought, in a form that costs JavaScript little. */
#ifndef LITER_LLM_NODE_EVENTS_H
#define LITER_LLM_NODE_EVENTS_H

#include "client.h"

/* Makes the two arguments of `ring`: an array with the data of each event as a string, and a
 * Uint32Array with, for each event, its stream, kind, error, length in bytes and number of deltas;
 * where there are several, also where each ends in the string. Valid until the next call. */
bool events_describe(Client *client, const LlmEvent *events, size_t count, napi_value *arguments);

/* Lets go of the table. */
void events_forget(Client *client);

#endif
