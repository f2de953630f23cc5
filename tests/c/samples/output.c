/* A response of a given shape: its JSON schema is sent, and fields of the answer are read. */
#include <liter_llm.h>
#include <liter_llm_json.h>
#include <stdio.h>
#include <string.h>

static const char *const REQUEST =
    "{\"model\": \"gpt-4o-mini\", \"stream\": false,"
    " \"messages\": [{\"role\": \"user\", \"content\": \"Which city is the capital of France?\"}],"
    " \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"city\","
    "  \"strict\": true, \"schema\": {\"type\": \"object\", \"additionalProperties\": false,"
    "   \"required\": [\"name\", \"inhabitants\"], \"properties\": {"
    "    \"name\": {\"type\": \"string\"}, \"inhabitants\": {\"type\": \"integer\"}}}}}}";

typedef struct {
  char text[4096];
  size_t length;
} Answer;

static void keep(const char *token, size_t length, void *ctx) {
  Answer *answer = ctx;
  if (length > sizeof answer->text - answer->length) {
    llm_invoke_stop(); /* longer than any answer of this shape: CANCELLED */
    return;
  }
  memcpy(answer->text + answer->length, token, length);
  answer->length += length;
}

int main(void) {
  Answer answer = {.length = 0};
  LlmError error = llm_invoke("openai", REQUEST, keep, &answer);
  if (error != LLM_ERROR_OK) {
    fprintf(stderr, "%s: %s\n", llm_error_name(error), llm_last_error());
    return 1;
  }
  char name[128];
  llm_json_text(answer.text, answer.length, "name", name, sizeof name);
  int64_t inhabitants = llm_json_integer(answer.text, answer.length, "inhabitants", -1);
  if (name[0] == '\0' || inhabitants < 0) {
    fprintf(stderr, "not of the shape: %.*s\n", (int)answer.length, answer.text);
    return 1;
  }
  printf("%s has %lld inhabitants\n", name, (long long)inhabitants);
  return 0;
}
