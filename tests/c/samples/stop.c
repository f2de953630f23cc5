/* Prints the first sentence of a response, then ends the call: the connection closes at once. */
#include <liter_llm.h>
#include <stdio.h>
#include <string.h>

static void print_sentence(const char *token, size_t length, void *ctx) {
  const char *point = memchr(token, '.', length);
  fwrite(token, 1, point ? (size_t)(point - token) + 1 : length, ctx);
  if (point) llm_invoke_stop(); /* this was the last piece */
}

int main(void) {
  const char *request =
      "{\"model\": \"gpt-4o-mini\","
      " \"messages\": [{\"role\": \"user\", \"content\": \"Explain Rust ownership\"}]}";
  LlmError error = llm_invoke("openai", request, print_sentence, stdout);
  printf("\n");
  if (error != LLM_ERROR_OK && error != LLM_ERROR_CANCELLED) {
    fprintf(stderr, "%s: %s\n", llm_error_name(error), llm_last_error());
    return 1;
  }
  return 0;
}
