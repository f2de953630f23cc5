/* A request whose response is on a tape: the first run asks the provider and records the exchange
 * in tape.jsonl, or in the file that TAPE names; every further run plays it, without network and
 * key. */
#include <liter_llm.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const REQUEST =
    "{\"model\": \"gpt-4o-mini\","
    " \"messages\": [{\"role\": \"user\", \"content\": \"Explain Rust ownership\"}]}";

int main(void) {
  const char *file = getenv("TAPE");
  char options[1024];
  snprintf(options, sizeof options, "{\"tape\": {\"file\": \"%s\", \"mode\": \"auto\"}}",
           file ? file : "tape.jsonl");
  LlmClient *client = NULL;
  if (llm_client_new(options, NULL, NULL, &client) != LLM_ERROR_OK ||
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
      if (event->kind == LLM_EVENT_TEXT) printf("%.*s", (int)event->length, event->data);
      if (event->kind == LLM_EVENT_END) {
        ended = 1;
        error = event->error;
        if (error) fprintf(stderr, "%.*s\n", (int)event->length, event->data);
      }
      llm_client_consumed(client, event->stream, event->length);
    }
  }
  printf("\n");
  llm_client_free(client); /* writes what is recorded */
  return error == LLM_ERROR_OK ? 0 : 1;
}
