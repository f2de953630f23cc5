import asyncio

from liter_llm import LiterLlm

QUESTION = {"role": "user", "content": "Explain Rust ownership"}


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        # A stream is a coroutine; so is what embed() and the others return.
        first = asyncio.create_task(llm.invoke({"model": "gpt-4o-mini", "messages": [QUESTION]}))
        second = llm.invoke({"model": "gpt-4o", "messages": [QUESTION]})
        for response in await asyncio.gather(first, second):
            print(response.text)


asyncio.run(main())
