// Prints the first sentence of a response, then ends the call, in C++17. A lambda that returns
// false ends it, and so does one that throws; the connection closes at once.
#include <iostream>
#include <liter_llm.hpp>

int main() {
  const std::string request =
      R"({"model": "gpt-4o-mini",)"
      R"( "messages": [{"role": "user", "content": "Explain Rust ownership"}]})";
  try {
    bool is_whole = liter_llm::invoke("openai", request, [](std::string_view token) {
      size_t point = token.find('.');
      std::cout << token.substr(0, point == token.npos ? point : point + 1);
      return point == token.npos;
    });
    std::cout << (is_whole ? "\nthat was all\n" : "\nthere is more\n");
  } catch (const liter_llm::Error &error) {
    std::cerr << error.kind() << ", status " << error.status() << ": " << error.message() << '\n';
    if (auto wait = error.retry_after()) std::cerr << "wait for " << wait->count() << " ms\n";
    return error.retryable() ? 75 : 1;  // 75: a temporary failure, sysexits.h
  }
}
