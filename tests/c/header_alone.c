/* A program that only includes the header must compile, as C99 and as C++17. */
#include "liter_llm.h"

static void no_token(const char *token, size_t length, void *ctx) {
  (void)token;
  (void)length;
  (void)ctx;
}

int main(void) {
  llm_token_callback token = no_token;
  llm_callback same = token;
  llm_wake_callback wake = llm_wake_fd;
  LlmClient *client = NULL;
  LlmEvent event = {0, LLM_EVENT_LOG, LLM_ERROR_OK, "", 0, NULL, 0};
  llm_client_free(client);
  return same == NULL || wake == NULL || event.length != 0 || llm_abi_version() < LLM_ABI_VERSION;
}
