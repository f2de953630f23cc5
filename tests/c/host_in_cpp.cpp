// A C++17 host: the client owned by a unique_ptr, lambdas as callbacks, a thread that polls.
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "check.h"
#include "liter_llm.h"
#include "mock.h"

namespace {

struct Free {
  void operator()(LlmClient *client) const { llm_client_free(client); }
};
using Client = std::unique_ptr<LlmClient, Free>;

Client new_client(llm_wake_callback wake = nullptr, void *ctx = nullptr) {
  LlmClient *client = nullptr;
  CHECK_NUMBER(llm_client_new(MOCK_OPTIONS, wake, ctx, &client), LLM_ERROR_OK);
  return Client(client);
}

std::string request(const char *key) {
  char buffer[1024];
  return mock_request(key, "", buffer, sizeof buffer);
}

void cpp_invoke_echo() {
  mock_plan("cpp", "{\"answer\":{\"text\":\"Hello from C++\"}}");
  std::string text;
  LlmError error = llm_invoke(
      "openai", request("cpp").c_str(),
      [](const char *token, size_t length, void *ctx) {
        static_cast<std::string *>(ctx)->append(token, length);
      },
      &text);
  CHECK_NUMBER(error, LLM_ERROR_OK);
  CHECK_TEXT(text.c_str(), "Hello from C++");
}

void cpp_streams_are_polled_by_a_thread() {
  mock_plan("cpp-streams", "{\"answer\":{\"text\":\"one two three\"}}");
  Client client = new_client();
  std::map<uint64_t, std::string> texts;
  std::map<uint64_t, LlmError> ends;
  std::thread poller([&] {
    const LlmEvent *events = nullptr;
    while (size_t count = llm_client_poll(client.get(), -1, &events)) {
      for (const LlmEvent *event = events; event != events + count; ++event) {
        std::string_view data(event->data, event->length);
        if (event->kind == LLM_EVENT_TEXT) texts[event->stream].append(data);
        if (event->kind == LLM_EVENT_END) ends[event->stream] = event->error;
        llm_client_consumed(client.get(), event->stream, event->length);
      }
      if (ends.size() == 10) llm_client_close(client.get());
    }
  });
  for (uint64_t stream = 1; stream <= 10; ++stream) {
    CHECK_NUMBER(llm_client_start(client.get(), stream, "openai", request("cpp-streams").c_str()),
                 LLM_ERROR_OK);
  }
  poller.join();
  for (uint64_t stream = 1; stream <= 10; ++stream) {
    CHECK_NUMBER(ends.at(stream), LLM_ERROR_OK);
    CHECK_TEXT(texts.at(stream).c_str(), "one two three");
  }
}

void cpp_bell_is_a_lambda() {
  mock_plan("cpp-bell", "{\"answer\":{\"text\":\"ding\"}}");
  std::promise<std::thread::id> first_ring;
  std::atomic<int> rings{0};
  auto bell = [&] {
    if (rings++ == 0) first_ring.set_value(std::this_thread::get_id());
  };
  Client client = new_client([](void *ctx) { (*static_cast<decltype(bell) *>(ctx))(); }, &bell);
  CHECK_NUMBER(llm_client_start(client.get(), 1, "openai", request("cpp-bell").c_str()),
               LLM_ERROR_OK);
  CHECK(first_ring.get_future().get() != std::this_thread::get_id());
  const LlmEvent *events = nullptr;
  CHECK(llm_client_poll(client.get(), 0, &events) > 0);
}

const CheckTest tests[] = {
    {"cpp_invoke_echo", cpp_invoke_echo, 0},
    {"cpp_streams_are_polled_by_a_thread", cpp_streams_are_polled_by_a_thread, 0},
    {"cpp_bell_is_a_lambda", cpp_bell_is_a_lambda, 0},
};

}  // namespace

int main(int argc, char **argv) { return mock_check_main(tests, CHECK_COUNT(tests), argc, argv); }
