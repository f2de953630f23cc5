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
/// A call that fails throws liter_llm::Error; how a stream ended is in its END event, whose fields
/// liter_llm::Json reads, as those of all events: Json(event).integer("usage.output_tokens").
#ifndef LITER_LLM_HPP
#define LITER_LLM_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "liter_llm.h"
#include "liter_llm_json.h"

namespace liter_llm {

/// A value of some JSON, where it stands there: of an event, a receipt or an error. Its fields are
/// read by paths such as "usage.output_tokens", "warnings.0", or "" for the value itself, and are
/// nullopt when they are absent or of another type. See liter_llm_json.h.
class Json {
 public:
  Json(std::string_view json) noexcept : Json(llm_json_at(json.data(), json.size(), "")) {}
  /// The JSON of any event but TEXT, REASONING and VECTORS; lives until the next poll.
  explicit Json(const LlmEvent &event) noexcept
      : Json(std::string_view{event.data, event.length}) {}

  /// Whether there is a value, which may be null.
  explicit operator bool() const noexcept { return value_.data != nullptr; }
  /// The value as it is written, a text with its quotes and escapes.
  std::string_view raw() const noexcept { return {value_.data, value_.length}; }
  Json at(const std::string &path) const noexcept {
    return llm_json_at(value_.data, value_.length, path.c_str());
  }
  std::optional<std::string> text(const std::string &path = "") const {
    Json found = at(path);
    if (!found || found.raw()[0] != '"') return std::nullopt;
    std::string text(llm_json_text(found.value_.data, found.value_.length, "", nullptr, 0), 0);
    llm_json_text(found.value_.data, found.value_.length, "", text.data(), text.size() + 1);
    return text;
  }
  std::optional<int64_t> integer(const std::string &path = "") const noexcept {
    return read<int64_t>(llm_json_read_integer_, path);
  }
  std::optional<double> number(const std::string &path = "") const noexcept {
    return read<double>(llm_json_read_number_, path);
  }
  std::optional<bool> boolean(const std::string &path = "") const noexcept {
    int found = llm_json_boolean(value_.data, value_.length, path.c_str(), -1);
    return found < 0 ? std::nullopt : std::optional<bool>(found);
  }
  /// Calls `take` with the name (in a list: no value) and the value of everything in it.
  template <typename Take>
  void each(Take &&take) const {
    LlmJson name{}, value{};
    while (llm_json_next(value_, &name, &value)) take(Json(name), Json(value));
  }

 private:
  Json(LlmJson value) noexcept : value_(value) {}
  template <typename Value>
  std::optional<Value> read(int (*reader)(LlmJson, Value *), const std::string &path) const {
    Value value{};
    return reader(at(path).value_, &value) ? std::optional<Value>(value) : std::nullopt;
  }
  LlmJson value_;
};

/// A call that did not return OK, or the END of a stream that failed.
class Error : public std::runtime_error {
 public:
  Error(LlmError number, std::string json)
      : std::runtime_error(std::string(llm_error_name(number)) + ": " +
                           Json(json).text("message").value_or(json)),
        number_(number),
        json_(std::move(json)) {}
  explicit Error(const LlmEvent &end)
      : Error(end.error, std::string(Json(end).at("error").raw())) {}

  /// LLM_ERROR_*, and its name, such as "RATE_LIMITED".
  LlmError number() const noexcept { return number_; }
  std::string_view kind() const noexcept { return llm_error_name(number_); }
  const char *name() const noexcept { return llm_error_name(number_); }
  /// What failed and what to do, in one line; what() has the kind before it.
  std::string message() const { return fields().text("message").value_or(""); }
  /// The HTTP status; 0 when none was received.
  int status() const noexcept { return static_cast<int>(fields().integer("status").value_or(0)); }
  /// Whether sending the same request again can succeed.
  bool retryable() const noexcept { return fields().boolean("retryable").value_or(false); }
  /// The wait that the provider asked for.
  std::optional<std::chrono::milliseconds> retry_after() const noexcept {
    auto wait = fields().integer("retry_after_ms");
    return wait ? std::optional(std::chrono::milliseconds(*wait)) : std::nullopt;
  }
  std::optional<std::string> request_id() const { return fields().text("request_id"); }
  /// All that is known, as JSON, and to read any of it: fields().integer("attempts").
  const std::string &json() const & noexcept { return json_; }
  Json fields() const & noexcept { return Json(json_); }
  /// Not of a temporary, which they would outlive.
  const std::string &json() const && = delete;
  Json fields() const && = delete;

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
  bool stopped;

  // No exception may cross C: it is kept until the call has ended, which it does at once.
  static void hand_over(const char *text, size_t length, void *ctx) noexcept {
    auto *call = static_cast<Call *>(ctx);
    std::string_view view(text, length);
    try {
      if constexpr (std::is_same_v<std::decay_t<decltype(call->token(view))>, bool>) {
        call->stopped = !call->token(view);
      } else {
        static_cast<void>(call->token(view));
      }
    } catch (...) {
      call->thrown = std::current_exception();
    }
    if (call->stopped || call->thrown) llm_invoke_stop();
  }
};
}  // namespace detail

/// Sends one request and hands over every piece of text, on this thread, until the response is
/// whole: true. When `token` returns the bool false it is called no more, the connection is closed,
/// and this returns false; any other type that it returns is ignored. When it throws, the
/// connection is closed, and the exception comes out here. Throws Error for all else that is no
/// whole response, CANCELLED when `token` has called llm_invoke_stop.
template <typename Token>
bool invoke(const std::string &provider, const std::string &request_json, Token &&token) {
  detail::Call<Token> call{token, nullptr, false};
  LlmError number =
      llm_invoke(provider.c_str(), request_json.c_str(), detail::Call<Token>::hand_over, &call);
  if (call.thrown) std::rethrow_exception(call.thrown);
  if (call.stopped && number == LLM_ERROR_CANCELLED) return false;
  detail::check(number);
  return true;
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
