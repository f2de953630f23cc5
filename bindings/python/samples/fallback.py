from liter_llm import LiterLlm, Request

llm = LiterLlm("openai", retries_max=1)
request: Request = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Explain Rust ownership"}],
    "fallbacks": [
        "gpt-4o-mini",
        {"provider": "anthropic", "model": "claude-sonnet-4-5", "max_tokens": 1000},
    ],
}
response = llm.invoke(request).complete()
print(response.text)
print("from", response.provider, response.model)
for attempt in response.tried:
    print(attempt.provider, attempt.model, attempt.kind, attempt.status)
