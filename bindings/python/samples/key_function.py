import itertools

from liter_llm import LiterLlm

numbers = itertools.count(1)


def token() -> str:
    """Your own: from a vault, or from the library of your cloud, which refreshes it."""
    return f"token-{next(numbers)}"


llm = LiterLlm("openai", api_key=token)
message = {"role": "user", "content": "Explain Rust ownership"}
response = llm.invoke({"model": "gpt-4o-mini", "messages": [message]}).complete()
print(response.text, response.attempts)
