#include "_cgo_export.h"
#include "liter_llm.h"

/* A handle of Go travels as a number: Go must not see it as a pointer. */
static void hand_over(const char *token, size_t length, void *ctx) {
  literllmToken((char *)token, length, (uintptr_t)ctx);
}

LlmError literllm_invoke(const char *provider, const char *request, uintptr_t ctx) {
  return llm_invoke(provider, request, hand_over, (void *)ctx);
}
