import asyncio

from liter_llm import LiterLlm


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        message = {"role": "user", "content": "Count to a million"}
        stream = llm.invoke({"model": "gpt-4o-mini", "messages": [message]})
        async for token in stream:
            print(token, end="", flush=True)
            if "7" in token:
                break  # closes the connection; so do return, an exception and task.cancel()
        print("\n", stream.response.outcome, len(stream.response.text))


asyncio.run(main())
