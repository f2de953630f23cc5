/* What a program does with the library on any system, against the mock provider:
 *   platform TEXT_URL HANG_URL
 * TEXT_URL answers "Hello world"; HANG_URL sends one token and then nothing. The wake is what
 * differs between systems: a pipe, or an event of Windows. */
#include <liter_llm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

enum { STREAMS = 20, WAIT_MS = 20000, REQUEST_BYTES = 1024 };

#define CHECK(is_so)                                                             \
  do {                                                                           \
    if (!(is_so)) {                                                              \
      fprintf(stderr, "line %d: not so: %s; %s\n", __LINE__, #is_so, last_text); \
      exit(1);                                                                   \
    }                                                                            \
  } while (0)

/* Of the stream that ended last. */
static char last_text[REQUEST_BYTES];

/* ---- the wake */

#ifdef _WIN32
static HANDLE event;

static void *wake_make(void) {
  event = CreateEventA(NULL, FALSE, FALSE, NULL);
  return event;
}

static int wake_wait(int timeout_ms) {
  return WaitForSingleObject(event, (DWORD)timeout_ms) == WAIT_OBJECT_0;
}

static void wake_drop(void) { CloseHandle(event); }
#else
static int ends[2];

static void *wake_make(void) {
  CHECK(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  return (void *)(intptr_t)ends[1];
}

static int wake_wait(int timeout_ms) {
  struct pollfd readable = {ends[0], POLLIN, 0};
  char bytes[64];
  return poll(&readable, 1, timeout_ms) == 1 && read(ends[0], bytes, sizeof bytes) > 0;
}

static void wake_drop(void) {
  close(ends[0]);
  close(ends[1]);
}
#endif

/* ---- the client */

static const char *make_request(const char *url) {
  static char request[REQUEST_BYTES];
  snprintf(request, sizeof request,
           "{\"model\": \"gpt-4o-mini\", \"base_url\": \"%s\", \"api_key\": \"test-key\","
           " \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}",
           url);
  return request;
}

/* The error of the stream that ends next; the text of all of them. Polls only when it is woken. */
static LlmError wait_end(LlmClient *client, int *texts) {
  static const LlmEvent *events;
  static size_t count, next;
  for (;;) {
    for (; next < count; next++) {
      const LlmEvent *found = &events[next];
      if (found->kind == LLM_EVENT_TEXT) *texts += (int)found->length;
      if (found->kind != LLM_EVENT_END) continue;
      snprintf(last_text, sizeof last_text, "%.*s", (int)found->length, found->data);
      next++;
      return found->error;
    }
    CHECK(wake_wait(WAIT_MS));
    count = llm_client_poll(client, 0, &events);
    next = 0;
  }
}

/* Until there is a token of a stream that goes on. */
static void wait_token(LlmClient *client) {
  for (;;) {
    const LlmEvent *events = NULL;
    CHECK(wake_wait(WAIT_MS));
    size_t count = llm_client_poll(client, 0, &events);
    for (size_t i = 0; i < count; i++) {
      CHECK(events[i].kind != LLM_EVENT_END);
      if (events[i].kind == LLM_EVENT_TEXT) return;
    }
  }
}

static void wake_comes_for_each_poll(LlmClient *client, const char *url) {
  int texts = 0;
  for (uint64_t stream = 1; stream <= STREAMS; stream++) {
    CHECK(llm_client_start(client, stream, "openai", make_request(url)) == LLM_ERROR_OK);
  }
  for (int left = STREAMS; left > 0; left--) CHECK(wait_end(client, &texts) == LLM_ERROR_OK);
  CHECK(texts == STREAMS * (int)strlen("Hello world"));
}

static void cancel_ends_once(LlmClient *client, const char *url) {
  int texts = 0;
  CHECK(llm_client_start(client, 1, "openai", make_request(url)) == LLM_ERROR_OK);
  wait_token(client);
  CHECK(llm_client_cancel(client, 1) == LLM_ERROR_OK);
  CHECK(wait_end(client, &texts) == LLM_ERROR_CANCELLED);
}

static void nobody_listens(LlmClient *client) {
  int texts = 0;
  const char *request =
      "{\"model\": \"m\", \"base_url\": \"http://127.0.0.1:1\", \"api_key\": \"test-key\","
      " \"retries_max\": 0, \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}";
  CHECK(llm_client_start(client, 1, "openai", request) == LLM_ERROR_OK);
  CHECK(wait_end(client, &texts) == LLM_ERROR_NETWORK);
  CHECK(strstr(last_text, "refused") != NULL);
}

static void close_ends_what_is_live(LlmClient *client, const char *url) {
  int texts = 0;
  CHECK(llm_client_start(client, 1, "openai", make_request(url)) == LLM_ERROR_OK);
  wait_token(client);
  CHECK(llm_client_close(client) == LLM_ERROR_OK);
  CHECK(wait_end(client, &texts) == LLM_ERROR_CLOSED);
  CHECK(llm_client_start(client, 2, "openai", make_request(url)) == LLM_ERROR_CLOSED);
}

static void print_token(const char *token, size_t length, void *ctx) {
  fwrite(token, 1, length, ctx);
}

int main(int count, char **words) {
  LlmClient *client = NULL;
  if (count != 3) return 2;
  CHECK(llm_abi_version() == LLM_ABI_VERSION);
  LlmError error = llm_invoke("openai", make_request(words[1]), print_token, stdout);
  if (error != LLM_ERROR_OK) snprintf(last_text, sizeof last_text, "%s", llm_last_error());
  CHECK(error == LLM_ERROR_OK);
  printf("\n");
  CHECK(llm_client_new("{}", llm_wake_fd, wake_make(), &client) == LLM_ERROR_OK);
  wake_comes_for_each_poll(client, words[1]);
  cancel_ends_once(client, words[2]);
  nobody_listens(client);
  close_ends_what_is_live(client, words[2]);
  llm_client_free(client);
  wake_drop();
  return 0;
}
