/* Reads the beginning of a response and closes the connection. */
#include <liter_llm.h>
#include <stdio.h>

int main(void) {
  LlmClient *client = NULL;
  const char *request =
      "{\"model\": \"gpt-4o-mini\","
      " \"messages\": [{\"role\": \"user\", \"content\": \"Count to a million\"}]}";
  if (llm_client_new("{}", NULL, NULL, &client) != LLM_ERROR_OK ||
      llm_client_start(client, 1, "openai", request) != LLM_ERROR_OK) {
    fprintf(stderr, "cannot begin: %s\n", llm_last_error());
    return 1;
  }
  for (int ended = 0; !ended;) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      if (events[i].kind == LLM_EVENT_TEXT) {
        printf("%.*s\n", (int)events[i].length, events[i].data);
        llm_client_cancel(client, 1); /* from any thread, in every phase, and twice does no harm */
      }
      if (events[i].kind == LLM_EVENT_END) {
        printf("ended: %s\n", llm_error_name(events[i].error));
        ended = 1;
      }
    }
  }
  llm_client_free(client);
  return 0;
}
