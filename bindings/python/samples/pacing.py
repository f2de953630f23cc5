import asyncio

from liter_llm import LiterLlm

QUESTIONS = [f"What is {number} times {number}?" for number in range(20)]


async def answer(llm: LiterLlm, question: str) -> str:
    message = {"role": "user", "content": question}
    response = await llm.invoke({"model": "gpt-4o-mini", "messages": [message]})
    return response.text


async def main() -> None:
    llm = LiterLlm("openai", requests_per_minute=500, streams_max=50, pacing="headers")
    async with llm:
        texts = await asyncio.gather(*(answer(llm, question) for question in QUESTIONS))
        stats = await llm.stats()
    sent = stats.providers["openai"]
    print(f"{len(texts)} answers, {sent.requests} requests, {sent.rate_limited} refused")


asyncio.run(main())
