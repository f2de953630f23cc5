/* Prints a response as it arrives. OPENAI_API_KEY holds the key; OPENAI_BASE_URL may name any
 * server that speaks OpenAI's protocol. */
#include <liter_llm.h>
#include <stdio.h>

static void print_token(const char *token, size_t length, void *ctx) {
  fwrite(token, 1, length, ctx);
  fflush(ctx);
}

int main(void) {
  const char *request =
      "{\"model\": \"gpt-4o-mini\", \"max_tokens\": 200,"
      " \"messages\": [{\"role\": \"user\", \"content\": \"Explain Rust ownership\"}]}";
  LlmError error = llm_invoke("openai", request, print_token, stdout);
  printf("\n");
  if (error != LLM_ERROR_OK) {
    fprintf(stderr, "%s: %s\n", llm_error_name(error), llm_last_error());
    return 1;
  }
  return 0;
}
