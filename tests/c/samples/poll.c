/* Two responses at once inside a program's own epoll loop. llm_wake_fd makes an eventfd readable;
 * one poll then takes everything that has arrived on all streams. */
#include <liter_llm.h>
#include <liter_llm_json.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const char *const REQUEST =
    "{\"model\": \"gpt-4o-mini\", \"max_tokens\": 200,"
    " \"messages\": [{\"role\": \"user\", \"content\": \"Explain Rust ownership\"}]}";

/* The receipt is JSON; these are three of its fields. */
static void print_end(const LlmEvent *end) {
  char why[256];
  const char *path = end->error == LLM_ERROR_OK ? "finish_reason" : "error.message";
  llm_json_text(end->data, end->length, path, why, sizeof why);
  printf("stream %llu ended: %s, %s, %lld tokens in %.0f ms\n", (unsigned long long)end->stream,
         llm_error_name(end->error), why,
         (long long)llm_json_integer(end->data, end->length, "usage.output_tokens", 0),
         llm_json_number(end->data, end->length, "timings.total_ms", 0));
}

/* Handles everything there is; returns how many streams have ended. */
static int take_events(LlmClient *client) {
  const LlmEvent *events = NULL;
  size_t count = llm_client_poll(client, 0, &events);
  int ended = 0;
  for (size_t i = 0; i < count; i++) {
    const LlmEvent *event = &events[i];
    if (event->kind == LLM_EVENT_TEXT) {
      printf("stream %llu: %.*s\n", (unsigned long long)event->stream, (int)event->length,
             event->data);
    } else if (event->kind == LLM_EVENT_END) {
      print_end(event);
      ended += 1;
    }
    llm_client_consumed(client, event->stream, event->length);
  }
  return ended;
}

int main(void) {
  int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event readable = {.events = EPOLLIN, .data.fd = wake_fd};
  if (wake_fd < 0 || loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, wake_fd, &readable) != 0) {
    perror("epoll");
    return 1;
  }
  LlmClient *client = NULL;
  if (llm_client_new("{}", llm_wake_fd, (void *)(intptr_t)wake_fd, &client) != LLM_ERROR_OK) {
    fprintf(stderr, "cannot begin: %s\n", llm_last_error());
    return 1;
  }
  int live = 0;
  for (uint64_t stream = 1; stream <= 2; stream++) {
    if (llm_client_start(client, stream, "openai", REQUEST) == LLM_ERROR_OK) live += 1;
  }
  while (live > 0) {
    struct epoll_event ready;
    if (epoll_wait(loop, &ready, 1, -1) == 1 && ready.data.fd == wake_fd) {
      uint64_t wakes;
      if (read(wake_fd, &wakes, sizeof wakes) > 0) live -= take_events(client);
    }
  }
  llm_client_free(client);
  close(loop);
  close(wake_fd);
  return 0;
}
