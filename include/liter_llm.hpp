/// @file liter_llm.hpp
/// Liter-LLM for C++17: RAII and lambdas over liter_llm.h, which is the reference. Header only.
///
///     liter_llm::invoke("openai", request, [](std::string_view token) { std::cout << token; });
///
///     liter_llm::Client client;
///     client.start(1, "openai", request);
///     while (!done)
///       for (const LlmEvent &event : client.poll())
///         if (event.kind == LLM_EVENT_TEXT) std::cout << liter_llm::text(event);
///
/// A call that fails throws liter_llm::Error; how a stream ended is in its END event.
#ifndef LITER_LLM_HPP
#define LITER_LLM_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "liter_llm.h"

namespace liter_llm {

/// A call of the library that did not return OK.
class Error : public std::runtime_error {
 public:
  Error(LlmError number, const char *json)
      : std::runtime_error(std::string(llm_error_name(number)) + ": " + json),
        number_(number),
        json_(json) {}
  /// LLM_ERROR_*, and its name, such as "RATE_LIMITED".
  LlmError number() const noexcept { return number_; }
  const char *name() const noexcept { return llm_error_name(number_); }
  /// Kind, message and all else that is known, as JSON.
  const std::string &json() const noexcept { return json_; }

 private:
  LlmError number_;
  std::string json_;
};

namespace detail {
inline void check(LlmError number) {
  if (number != LLM_ERROR_OK) throw Error(number, llm_last_error());
}

template <typename Token>
struct Call {
  Token &token;
  std::exception_ptr thrown;

  // No exception may cross C: it is kept until the call has ended, which it does at once.
  static void hand_over(const char *text, size_t length, void *ctx) noexcept {
    auto *call = static_cast<Call *>(ctx);
    try {
      call->token(std::string_view(text, length));
    } catch (...) {
      call->thrown = std::current_exception();
      llm_invoke_cancel();
    }
  }
};
}  // namespace detail

/// Sends one request and hands over every piece of text, on this thread, until the response is
/// whole. Throws Error, or what `token` threw: then the connection is closed first. `token` may
/// call llm_invoke_cancel, which makes it an Error of CANCELLED.
template <typename Token>
void invoke(const std::string &provider, const std::string &request_json, Token &&token) {
  detail::Call<Token> call{token, nullptr};
  LlmError number =
      llm_invoke(provider.c_str(), request_json.c_str(), detail::Call<Token>::hand_over, &call);
  if (call.thrown) std::rethrow_exception(call.thrown);
  detail::check(number);
}

/// The bytes of an event: text, JSON, or floats. They live until the next poll.
inline std::string_view text(const LlmEvent &event) noexcept { return {event.data, event.length}; }

/// Calls `take` with every delta of a TEXT or REASONING event.
template <typename Take>
void deltas(const LlmEvent &event, Take &&take) {
  size_t start = 0;
  for (size_t index = 0; index < event.count; index++) {
    take(std::string_view(event.data + start, event.ends[index] - start));
    start = event.ends[index];
  }
}

/// What one poll took; a range of events that lives until the next poll.
class Events {
 public:
  Events(const LlmEvent *first, size_t count) noexcept : first_(first), count_(count) {}
  const LlmEvent *begin() const noexcept { return first_; }
  const LlmEvent *end() const noexcept { return first_ + count_; }
  size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

 private:
  const LlmEvent *first_;
  size_t count_;
};

/// Any number of streams at once; see the contract in liter_llm.h. Can be moved, and frees itself.
class Client {
 public:
  /// wake may be NULL for a program that waits in poll(); llm_wake_fd writes to a descriptor.
  explicit Client(const std::string &options_json = "{}", llm_wake_callback wake = nullptr,
                  void *ctx = nullptr) {
    detail::check(llm_client_new(options_json.c_str(), wake, ctx, &client_));
  }
  ~Client() { llm_client_free(client_); }
  Client(Client &&other) noexcept : client_(std::exchange(other.client_, nullptr)) {}
  Client &operator=(Client &&other) noexcept { return std::swap(client_, other.client_), *this; }

  /// Starts a stream under a number that the caller chooses; its events come from poll().
  void start(uint64_t stream, const std::string &provider, const std::string &request_json) {
    detail::check(llm_client_start(client_, stream, provider.c_str(), request_json.c_str()));
  }
  /// Ends a stream early; its END says CANCELLED.
  void cancel(uint64_t stream) { detail::check(llm_client_cancel(client_, stream)); }
  /// Answers a KEY of a stream with the key for its next attempt; see rule 15.
  void answer(uint64_t stream, const std::string &answer_json) {
    detail::check(llm_client_answer(client_, stream, answer_json.c_str()));
  }
  /// Acknowledges bytes of a stream, which opens its window again.
  void consumed(uint64_t stream, size_t bytes) {
    detail::check(llm_client_consumed(client_, stream, bytes));
  }
  /// Waits until there is something, or so long; empty when the client is closed and drained.
  Events poll(std::chrono::milliseconds timeout = std::chrono::milliseconds(-1)) {
    const LlmEvent *events = nullptr;
    size_t count = llm_client_poll(client_, timeout.count(), &events);
    return {events, count};
  }
  /// Ends every live stream; their ENDs can still be polled.
  void close() { detail::check(llm_client_close(client_)); }

 private:
  LlmClient *client_ = nullptr;
};

}  // namespace liter_llm

#endif  // LITER_LLM_HPP
