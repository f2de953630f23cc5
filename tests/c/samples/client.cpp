// One response through a lambda, then two at once through a client, in C++17.
#include <iostream>
#include <liter_llm.hpp>

int main() {
  const std::string request =
      R"({"model": "gpt-4o-mini", "max_tokens": 200,)"
      R"( "messages": [{"role": "user", "content": "Explain Rust ownership"}]})";
  try {
    liter_llm::invoke("openai", request, [](std::string_view token) { std::cout << token; });
    std::cout << '\n';

    liter_llm::Client client;
    for (uint64_t stream : {1, 2}) client.start(stream, "openai", request);
    for (int live = 2; live > 0;) {
      for (const LlmEvent &event : client.poll()) {
        if (event.kind == LLM_EVENT_TEXT)
          std::cout << event.stream << ": " << liter_llm::text(event) << '\n';
        if (event.kind == LLM_EVENT_END) {
          if (event.error != LLM_ERROR_OK) throw liter_llm::Error(event);
          liter_llm::Json receipt(event);
          std::cout << event.stream << " ended: " << receipt.text("finish_reason").value_or("?")
                    << ", " << receipt.integer("usage.output_tokens").value_or(0) << " tokens\n";
          live--;
        }
        client.consumed(event.stream, event.length);
      }
    }
  } catch (const liter_llm::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
