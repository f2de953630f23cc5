from liter_llm import LiterLlm, LlmError, RateLimitedError, TruncatedError

llm = LiterLlm(provider="openai", idle_timeout_ms=20_000)
message = {"role": "user", "content": "Explain Rust ownership"}
stream = llm.invoke({"model": "gpt-4o-mini", "messages": [message]}, retries_max=2)

try:
    for token in stream:
        print(token, end="", flush=True)
except RateLimitedError as error:
    print(f"\ncome back in {error.retry_after_ms} ms")
except TruncatedError as error:
    print(f"\ncut after {len(stream.response.text)} characters: {error}")
except LlmError as error:
    print(f"\n{error.kind}, status {error.status}, worth a retry: {error.retryable}: {error}")
