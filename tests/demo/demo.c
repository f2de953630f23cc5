/* `demo PROVIDER REQUEST_JSON`: streams one response with llm_invoke and prints how it ended. What
 * came beside the text (finish reason, usage) is for programs that use llm_client_*. */
#include <liter_llm.h>
#include <stdio.h>
#include <time.h>

typedef struct Progress {
  double began_ms;
  double first_ms;
  size_t tokens;
} Progress;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void print_token(const char *token, size_t length, void *ctx) {
  Progress *progress = ctx;
  if (progress->tokens++ == 0) progress->first_ms = now_ms() - progress->began_ms;
  fwrite(token, 1, length, stdout);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: demo PROVIDER REQUEST_JSON\n");
    return 2;
  }
  Progress progress = {now_ms(), 0, 0};
  LlmError error = llm_invoke(argv[1], argv[2], print_token, &progress);
  printf("\n");
  if (error != LLM_ERROR_OK) {
    fprintf(stderr, "%s: %s\n", llm_error_name(error), llm_last_error());
    return 1;
  }
  printf("   llm_invoke returned %s: %zu tokens, first token after %.1f ms, whole after %.1f ms\n",
         llm_error_name(error), progress.tokens, progress.first_ms, now_ms() - progress.began_ms);
  return 0;
}
