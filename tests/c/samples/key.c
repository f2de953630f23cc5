/* A key that is asked for before each attempt, as for tokens that expire. */
#include <liter_llm.h>
#include <stdio.h>

static const char *const REQUEST =
    "{\"model\": \"gpt-4o-mini\", \"api_key\": {\"ask\": true},"
    " \"messages\": [{\"role\": \"user\", \"content\": \"Say hello\"}]}";

/* Your own: from a vault, or from the library of your cloud. */
static const char *next_token(void) {
  static char token[32];
  static int number;
  snprintf(token, sizeof token, "token-%d", ++number);
  return token;
}

static void answer_key(LlmClient *client, uint64_t stream) {
  char answer[64];
  snprintf(answer, sizeof answer, "{\"api_key\": \"%s\"}", next_token());
  llm_client_answer(client, stream, answer);
}

int main(void) {
  LlmClient *client = NULL;
  if (llm_client_new("{}", NULL, NULL, &client) != LLM_ERROR_OK ||
      llm_client_start(client, 1, "openai", REQUEST) != LLM_ERROR_OK) {
    fprintf(stderr, "cannot begin: %s\n", llm_last_error());
    return 1;
  }
  LlmError error = -1;
  while (error < 0) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      const LlmEvent *event = &events[i];
      if (event->kind == LLM_EVENT_KEY) answer_key(client, event->stream);
      if (event->kind == LLM_EVENT_TEXT) printf("%.*s", (int)event->length, event->data);
      if (event->kind == LLM_EVENT_END) error = event->error;
      llm_client_consumed(client, event->stream, event->length);
    }
  }
  printf("\n");
  llm_client_free(client);
  return error == LLM_ERROR_OK ? 0 : 1;
}
