// A C++17 caller: the client owned by a unique_ptr, lambdas as callbacks, a thread that polls; and
// how the header for C++ passes exceptions on.
#include <atomic>
#include <functional>
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

// The provider would send for ever: false ends the call, and is no error.
void cpp_false_closes_the_connection() {
  mock_plan("cpp-false", MOCK_CUT_STREAM("{\"token\":\"a\"},{\"token\":\"b\"},{\"hang\":true}"));
  int calls = 0;
  CHECK(!liter_llm::invoke("openai", request("cpp-false"), [&](std::string_view) {
    calls++;
    return false;
  }));
  CHECK_NUMBER(calls, 1);
  free(mock_wait("cpp-false", "closed=1"));
}

// Only a bool stops: a lambda may return whatever its last expression is.
void cpp_other_values_go_on() {
  mock_plan("cpp-values", "{\"answer\":{\"text\":\"one two\"}}");
  std::string key = request("cpp-values");
  int calls = 0;
  std::string text;
  CHECK(liter_llm::invoke("openai", key, [&](std::string_view) { return ++calls > 0; }));
  CHECK(liter_llm::invoke("openai", key, [&](std::string_view) { return calls++, 0; }));
  CHECK(liter_llm::invoke("openai", key, [&](auto token) -> auto & { return text += token; }));
  const std::function<void(std::string_view)> append = [&](std::string_view token) {
    text += token;
  };
  CHECK(liter_llm::invoke("openai", key, append));
  CHECK_NUMBER(calls, 4);
  CHECK_TEXT(text.c_str(), "one twoone two");
}

// Anything can be thrown, also what is no std::exception.
void cpp_any_exception_comes_out() {
  mock_plan("cpp-any", MOCK_CUT_STREAM("{\"token\":\"a\"},{\"hang\":true}"));
  int thrown = 0;
  try {
    liter_llm::invoke("openai", request("cpp-any"), [](std::string_view) -> bool { throw 42; });
  } catch (int number) {
    thrown = number;
  }
  CHECK_NUMBER(thrown, 42);
}

// How a call that must fail fails.
template <typename Call>
liter_llm::Error error_of(Call &&call) {
  try {
    call();
  } catch (const liter_llm::Error &error) {
    return error;
  }
  check_fail(__FILE__, __LINE__, "it did not fail");
}

void cpp_error_has_its_fields() {
  mock_plan("cpp-429",
            R"({"status":429,"headers":[["retry-after-ms","1500"],["x-request-id","req_1"]],)"
            R"("error":{"message":"slow \"down\"","type":"requests"}})");
  std::string limited = request("cpp-429");
  limited.insert(limited.size() - 1, R"(,"retries_max":0)");
  liter_llm::Error error =
      error_of([&] { liter_llm::invoke("openai", limited, [](std::string_view) {}); });
  CHECK_NUMBER(error.number(), LLM_ERROR_RATE_LIMITED);
  CHECK(error.kind() == "RATE_LIMITED");
  CHECK_HOLDS(error.message().c_str(), "slow \"down\"");
  CHECK_TEXT(error.what(), ("RATE_LIMITED: " + error.message()).c_str());
  CHECK_NUMBER(error.status(), 429);
  CHECK(error.retryable());
  CHECK(error.retry_after() == std::chrono::milliseconds(1500));
  CHECK(error.request_id() == "req_1");
  CHECK(error.fields().integer("attempts") == 1);
  CHECK(error.fields().text("provider") == "openai");
  error = error_of([] { liter_llm::Client(R"({"no_such_option": 1})"); });
  CHECK(error.kind() == "CONFIG" && error.status() == 0 && !error.retryable());
  CHECK(!error.retry_after() && !error.request_id());
  CHECK_HOLDS(error.what(), "CONFIG: option \"no_such_option\" is unknown");
}

void cpp_receipt_has_its_fields() {
  mock_plan("cpp-receipt",
            R"({"answer":{"text":"one two"}},{"status":401,"error":{"message":"no"}})");
  liter_llm::Client client(MOCK_OPTIONS);
  std::string provider;
  for (uint64_t stream : {1, 2}) {
    client.start(stream, "", request("cpp-receipt"));
    for (bool ended = false; !ended;) {
      for (const LlmEvent &event : client.poll()) {
        liter_llm::Json fields(event);
        if (event.kind == LLM_EVENT_START) provider = fields.text("provider").value_or("");
        if (event.kind != LLM_EVENT_END) continue;
        ended = true;
        CHECK(fields.text("outcome") == (stream == 1 ? "complete" : "failed"));
        if (stream == 1) CHECK(fields.integer("usage.output_tokens") > 0);
        if (stream == 1) CHECK(fields.number("timings.total_ms") > 0.0);
        if (stream == 2) CHECK_NUMBER(liter_llm::Error(event).status(), 401);
        if (stream == 2) CHECK_HOLDS(liter_llm::Error(event).what(), "AUTHENTICATION: ");
      }
    }
  }
  CHECK_TEXT(provider.c_str(), "openai");
}

void cpp_json_is_read() {
  liter_llm::Json json(R"( {"a":{"b":[1,-2.5,"x\u00e4\u0000y",true,null]},"c.d":"e"} )");
  CHECK(json && json.at("a.b").raw() == R"([1,-2.5,"x\u00e4\u0000y",true,null])");
  CHECK(json.integer("a.b.0") == 1 && !json.integer("a.b.1") && !json.integer("a.b.9"));
  CHECK(json.number("a.b.1") == -2.5 && !json.number("a.b.2"));
  CHECK(json.at("a").text("b.2") == std::string("x\xC3\xA4\0y", 5) && !json.text("a.b.0"));
  CHECK(json.boolean("a.b.3") == true && !json.boolean("a.b.4"));
  CHECK(json.at("a.b.4") && !json.at("a.b.5") && !json.at("a.c") && !liter_llm::Json(""));
  std::string names;
  json.each([&](liter_llm::Json name, liter_llm::Json) { names += *name.text() + ";"; });
  CHECK_TEXT(names.c_str(), "a;c.d;");
  size_t count = 0;
  json.at("a.b").each([&](liter_llm::Json name, liter_llm::Json) { count += !name; });
  CHECK_NUMBER(count, 5);
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
    {"cpp_false_closes_the_connection", cpp_false_closes_the_connection, 0},
    {"cpp_other_values_go_on", cpp_other_values_go_on, 0},
    {"cpp_any_exception_comes_out", cpp_any_exception_comes_out, 0},
    {"cpp_error_has_its_fields", cpp_error_has_its_fields, 0},
    {"cpp_receipt_has_its_fields", cpp_receipt_has_its_fields, 0},
    {"cpp_json_is_read", cpp_json_is_read, 0},
    {"cpp_callback_cancels", cpp_callback_cancels, 0},
    {"cpp_answers_a_key", cpp_answers_a_key, 0},
};

}  // namespace

int main(int argc, char **argv) { return mock_check_main(tests, CHECK_COUNT(tests), argc, argv); }
