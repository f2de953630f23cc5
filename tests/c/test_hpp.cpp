// A C++17 caller: the client owned by a unique_ptr, lambdas as callbacks, a thread that polls; and
// how the header for C++ passes exceptions on.
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "check.h"
#include "liter_llm.hpp"
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

void cpp_wake_is_a_lambda() {
  mock_plan("cpp-wake", "{\"answer\":{\"text\":\"ding\"}}");
  std::promise<std::thread::id> first_wake;
  std::atomic<int> count{0};
  auto on_wake = [&] {
    if (count++ == 0) first_wake.set_value(std::this_thread::get_id());
  };
  Client client =
      new_client([](void *ctx) { (*static_cast<decltype(on_wake) *>(ctx))(); }, &on_wake);
  CHECK_NUMBER(llm_client_start(client.get(), 1, "openai", request("cpp-wake").c_str()),
               LLM_ERROR_OK);
  CHECK(first_wake.get_future().get() != std::this_thread::get_id());
  const LlmEvent *events = nullptr;
  CHECK(llm_client_poll(client.get(), 0, &events) > 0);
}

// The provider would send for ever; the exception of the callback is rethrown at once.
void cpp_exception_closes_the_connection() {
  mock_plan("cpp-throw", MOCK_CUT_STREAM("{\"token\":\"a\"},{\"token\":\"b\"},{\"hang\":true}"));
  int calls = 0;
  std::string thrown;
  try {
    liter_llm::invoke("openai", request("cpp-throw"), [&](std::string_view) {
      calls++;
      throw std::out_of_range("mine");
    });
  } catch (const std::out_of_range &error) {
    thrown = error.what();
  }
  CHECK_TEXT(thrown.c_str(), "mine");
  CHECK_NUMBER(calls, 1);
  free(mock_wait("cpp-throw", "closed=1"));
  mock_plan("cpp-next", "{\"answer\":{\"text\":\"one two\"}}");
  std::string text;
  liter_llm::invoke("openai", request("cpp-next"), [&](std::string_view token) { text += token; });
  CHECK_TEXT(text.c_str(), "one two");
}

// A callback that wants no more cancels, and the call throws CANCELLED.
void cpp_callback_cancels() {
  mock_plan("cpp-cancel", MOCK_CUT_STREAM("{\"token\":\"a\"},{\"hang\":true}"));
  LlmError number = LLM_ERROR_OK;
  try {
    liter_llm::invoke("openai", request("cpp-cancel"),
                      [](std::string_view) { llm_invoke_cancel(); });
  } catch (const liter_llm::Error &error) {
    number = error.number();
  }
  CHECK_NUMBER(number, LLM_ERROR_CANCELLED);
}

// The call's key is asked for, and the answer is what the provider sees.
void cpp_answers_a_key() {
  mock_plan("cpp-key", "{\"answer\":{\"text\":\"one\"}}");
  liter_llm::Client client(R"({"provider":"openai","api_key":{"ask":true}})");
  char url[256];
  client.start(
      1, "openai",
      std::string(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"base_url":")") +
          mock_base_url("cpp-key", url, sizeof url) + "\"}");
  LlmError error = -1;
  while (error < 0) {
    for (const LlmEvent &event : client.poll()) {
      if (event.kind == LLM_EVENT_KEY) client.answer(1, R"({"api_key":"cpp-token"})");
      if (event.kind == LLM_EVENT_END) error = event.error;
    }
  }
  CHECK_NUMBER(error, LLM_ERROR_OK);
  char *seen = mock_seen("cpp-key");
  CHECK_HOLDS(seen, "Bearer cpp-token");
  free(seen);
}

const CheckTest tests[] = {
    {"cpp_invoke_echo", cpp_invoke_echo, 0},
    {"cpp_streams_are_polled_by_a_thread", cpp_streams_are_polled_by_a_thread, 0},
    {"cpp_wake_is_a_lambda", cpp_wake_is_a_lambda, 0},
    {"cpp_exception_closes_the_connection", cpp_exception_closes_the_connection, 0},
    {"cpp_callback_cancels", cpp_callback_cancels, 0},
    {"cpp_answers_a_key", cpp_answers_a_key, 0},
};

}  // namespace

int main(int argc, char **argv) { return mock_check_main(tests, CHECK_COUNT(tests), argc, argv); }
