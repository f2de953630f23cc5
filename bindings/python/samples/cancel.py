import asyncio

from liter_llm import LiterLlm


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        message = {"role": "user", "content": "Count to a million"}
        call = llm.invoke({"model": "gpt-4o-mini", "messages": [message]})
        async for token in call:
            print(token, end="", flush=True)
            if "7" in token:
                break  # closes the connection; so do return, an exception and task.cancel()
        print("\n", call.response.outcome, len(call.response.text))


asyncio.run(main())
