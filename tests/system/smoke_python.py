"""The installed Python package: a stream on an event loop, one without, and an error."""

from __future__ import annotations

import asyncio

from liter_llm import LiterLlm, LlmError, Request

TEXT = "Wer nicht fragt, bleibt dumm: 日本語, \N{SNOWMAN}."
REQUEST: Request = {"model": "echo", "messages": [{"role": "user", "content": TEXT}]}


async def on_a_loop() -> None:
    """Twenty streams at once."""
    async with LiterLlm(provider="script") as llm:

        async def text() -> str:
            return "".join([token async for token in llm.invoke(REQUEST)])

        texts = await asyncio.gather(*(text() for _ in range(20)))
    assert texts == [TEXT] * 20, texts


def without_a_loop() -> None:
    """A stream, and a request that is refused."""
    with LiterLlm(provider="script") as llm:
        assert "".join(llm.invoke(REQUEST)) == TEXT
        try:
            list(llm.invoke({"model": "echo", "messages": []}))
        except LlmError as error:
            assert "messages" in str(error), error
        else:
            raise AssertionError("a request without messages was not refused")


if __name__ == "__main__":
    asyncio.run(on_a_loop())
    without_a_loop()
    print("Python: streams with and without a loop ended as they should")
