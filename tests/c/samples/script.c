/* A test without a key and without a network: the script says what provider `script` answers, here
 * a refusal, which is retried, and then a text. In the end the test reads what was asked. */
#include <liter_llm.h>
#include <stdio.h>

static const char *const OPTIONS =
    "{\"script\": [{\"error\": {\"status\": 429, \"retry_after_ms\": 1}},"
    " {\"text\": \"Ownership moves with the value\", \"usage\": {\"output_tokens\": 5}}]}";
static const char *const REQUEST =
    "{\"model\": \"test-model\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}";

/* Prints the text and the result of one request, until it has ended. */
static LlmError print_response(LlmClient *client, const char *request) {
  LlmError error = llm_client_start(client, 1, "script", request);
  for (int ended = error != LLM_ERROR_OK; !ended;) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      const LlmEvent *event = &events[i];
      int is_shown = event->kind == LLM_EVENT_TEXT || event->kind == LLM_EVENT_RESULT;
      if (is_shown || event->error) printf("%.*s", (int)event->length, event->data);
      if (event->kind == LLM_EVENT_END) {
        ended = 1;
        error = event->error;
      }
      llm_client_consumed(client, event->stream, event->length);
    }
  }
  printf("\n");
  return error;
}

int main(void) {
  LlmClient *client = NULL;
  if (llm_client_new(OPTIONS, NULL, NULL, &client) != LLM_ERROR_OK) {
    fprintf(stderr, "cannot begin: %s\n", llm_last_error());
    return 1;
  }
  LlmError error = print_response(client, REQUEST);
  if (error == LLM_ERROR_OK) error = print_response(client, "{\"operation\": \"script\"}");
  llm_client_free(client);
  return error == LLM_ERROR_OK ? 0 : 1;
}
