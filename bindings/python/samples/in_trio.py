import trio

from liter_llm import LiterLlm


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        message = {"role": "user", "content": "Count to a million"}
        with trio.CancelScope() as scope:
            async for token in llm.invoke({"model": "gpt-4o-mini", "messages": [message]}):
                print(token, end="", flush=True)
                if "7" in token:
                    scope.cancel()  # closes the connection; so does a deadline
        print("\ncancelled:", scope.cancelled_caught)


trio.run(main)
