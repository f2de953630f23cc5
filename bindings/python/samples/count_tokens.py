from liter_llm import LiterLlm, Request

REQUEST: Request = {
    "model": "claude-haiku-4-5",
    "messages": [{"role": "user", "content": "Explain Rust ownership"}],
    "max_tokens": 200,
}

with LiterLlm(provider="anthropic") as llm:
    print(llm.count_tokens(REQUEST).complete().input_tokens, "tokens")
    print(llm.invoke(REQUEST).complete().text)
