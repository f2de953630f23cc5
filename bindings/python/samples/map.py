from collections.abc import Iterator
from typing import Any

from liter_llm import LiterLlm

WORDS = ["borrow", "lifetime", "move"]


def requests() -> Iterator[dict[str, Any]]:
    for word in WORDS:
        question = {"role": "user", "content": f"What is a {word}?"}
        yield {"model": "gpt-4o-mini", "messages": [question]}


with LiterLlm(provider="openai") as llm:
    for result in llm.map(requests(), concurrency=8, ordered=True):
        if result.error is None:
            print(WORDS[result.index], result.response.text)
        else:
            print(WORDS[result.index], "failed:", result.error)
