/* Vectors of two texts: how many numbers each has, and how long it is. The floats are read where
 * they stand, until the next poll. Link with -lm too. */
#include <liter_llm.h>
#include <math.h>
#include <stdio.h>

static const char *const REQUEST =
    "{\"operation\": \"embed\", \"model\": \"text-embedding-3-small\","
    " \"input\": [\"Ownership moves with the value\", \"Borrowing lends it\"]}";

static void print_vectors(const LlmEvent *event) {
  const float *vector = (const float *)event->data; /* aligned to 16 bytes */
  size_t dimension = event->length / event->count / sizeof *vector;
  for (size_t i = 0; i < event->count; i++, vector += dimension) {
    double squares = 0;
    for (size_t n = 0; n < dimension; n++) squares += (double)vector[n] * vector[n];
    printf("dimension %zu, norm %.4f\n", dimension, sqrt(squares));
  }
}

int main(void) {
  LlmClient *client = NULL;
  if (llm_client_new("{}", NULL, NULL, &client) != LLM_ERROR_OK ||
      llm_client_start(client, 1, "openai", REQUEST) != LLM_ERROR_OK) {
    fprintf(stderr, "cannot begin: %s\n", llm_last_error());
    return 1;
  }
  LlmError error = LLM_ERROR_INTERNAL;
  for (int ended = 0; !ended;) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      const LlmEvent *event = &events[i];
      if (event->kind == LLM_EVENT_VECTORS) print_vectors(event);
      if (event->kind == LLM_EVENT_END) {
        ended = 1;
        error = event->error;
        if (error) fprintf(stderr, "%.*s\n", (int)event->length, event->data);
      }
      llm_client_consumed(client, event->stream, event->length);
    }
  }
  llm_client_free(client);
  return error == LLM_ERROR_OK ? 0 : 1;
}
