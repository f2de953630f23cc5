/* `embed PROVIDER REQUEST_JSON`: asks for embeddings with llm_client_* and prints how long the
 * first vector is, in numbers and as a norm. The floats are read where the library has them. */
#include <liter_llm.h>
#include <math.h>
#include <stdio.h>

enum { STREAM = 1, SHOWN = 4 };

static void print_vector(const float *numbers, size_t dimensions) {
  double squares = 0;
  for (size_t i = 0; i < dimensions; i++) squares += (double)numbers[i] * numbers[i];
  printf("   %zu dimensions, norm %.4f: [", dimensions, sqrt(squares));
  for (size_t i = 0; i < dimensions && i < SHOWN; i++) printf("%s%.4f", i ? ", " : "", numbers[i]);
  printf("%s]\n", dimensions > SHOWN ? ", ..." : "");
}

/* Returns 1 at the end; `*failed` says how that was, `*shown` whether a vector was printed. */
static int take(const LlmEvent *event, int *shown, int *failed) {
  if (event->kind == LLM_EVENT_VECTORS && event->count > 0 && !*shown) {
    const void *floats = event->data; /* little-endian, from an address that fits them */
    print_vector(floats, event->ends[0] / sizeof(float));
    *shown = 1;
  }
  if (event->kind != LLM_EVENT_END) return 0;
  *failed = event->error != LLM_ERROR_OK;
  if (*failed) {
    fprintf(stderr, "%s: %.*s\n", llm_error_name(event->error), (int)event->length, event->data);
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: embed PROVIDER REQUEST_JSON\n");
    return 2;
  }
  LlmClient *client = NULL;
  if (llm_client_new("{}", NULL, NULL, &client) != LLM_ERROR_OK ||
      llm_client_start(client, STREAM, argv[1], argv[2]) != LLM_ERROR_OK) {
    fprintf(stderr, "%s\n", llm_last_error());
    llm_client_free(client);
    return 1;
  }
  int ended = 0, shown = 0, failed = 0;
  while (!ended) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(client, -1, &events);
    for (size_t i = 0; i < count; i++) ended |= take(&events[i], &shown, &failed);
  }
  llm_client_free(client);
  return failed || !shown;
}
