import asyncio
from liter_llm import LiterLlm

async def chat():
    llm = LiterLlm(provider="openai")
    async for token in llm.invoke({
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Explain Rust ownership"}],
        "max_tokens": 200,
    }):
        print(token, end="", flush=True)

asyncio.run(chat())
