/* A thousand responses at once, read by one thread. */
#include <liter_llm.h>
#include <stdio.h>

enum { STREAMS = 1000 };

static const char *const REQUEST =
    "{\"model\": \"gpt-4o-mini\", \"max_tokens\": 200,"
    " \"messages\": [{\"role\": \"user\", \"content\": \"Explain Rust ownership\"}]}";

int main(void) {
  LlmClient *client = NULL;
  if (llm_client_new("{}", NULL, NULL, &client) != LLM_ERROR_OK) {
    fprintf(stderr, "cannot begin: %s\n", llm_last_error());
    return 1;
  }
  int live = 0;
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    if (llm_client_start(client, stream, "openai", REQUEST) == LLM_ERROR_OK) live += 1;
  }
  size_t whole = 0, tokens = 0, bytes = 0;
  while (live > 0) {
    const LlmEvent *events = NULL;
    size_t count = llm_client_poll(client, -1, &events);
    for (size_t i = 0; i < count; i++) {
      if (events[i].kind == LLM_EVENT_TEXT) {
        tokens += events[i].count;
        bytes += events[i].length;
      }
      if (events[i].kind == LLM_EVENT_END) {
        whole += events[i].error == LLM_ERROR_OK;
        live -= 1;
      }
      llm_client_consumed(client, events[i].stream, events[i].length);
    }
  }
  printf("%zu whole responses, %zu tokens, %zu bytes\n", whole, tokens, bytes);
  llm_client_free(client);
  return whole == STREAMS ? 0 : 1;
}
