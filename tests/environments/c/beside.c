/* liter_llm and another archive of Rust in one program: both run, each with its own panics. */
#include <liter_llm.h>
#include <stdio.h>
#include <stdlib.h>

int other_count(int panics);

static void print_token(const char *token, size_t length, void *ctx) {
  fwrite(token, 1, length, ctx);
}

int main(void) {
  const char *request =
      "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}";
  LlmClient *client = NULL;
  printf("%d %d ", other_count(0), other_count(1));
  LlmError error = llm_invoke("openai", request, print_token, stdout);
  if (error != LLM_ERROR_OK) printf("%s", llm_last_error());
  if (llm_client_new("{}", NULL, NULL, &client) != LLM_ERROR_OK) return 1;
  llm_client_free(client);
  printf(" %d\n", other_count(1));
  return 0;
}
