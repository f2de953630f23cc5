// Prints a response as it arrives, in C++17. OPENAI_API_KEY holds the key.
#include <iostream>
#include <liter_llm.hpp>

int main() {
  const std::string request =
      R"({"model": "gpt-4o-mini", "max_tokens": 200,)"
      R"( "messages": [{"role": "user", "content": "Explain Rust ownership"}]})";
  try {
    liter_llm::invoke("openai", request,
                      [](std::string_view token) { std::cout << token << std::flush; });
    std::cout << '\n';
  } catch (const liter_llm::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
