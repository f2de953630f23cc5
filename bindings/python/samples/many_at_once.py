import asyncio

from liter_llm import LiterLlm

QUESTIONS = ["What is a borrow?", "What is a lifetime?", "What is a move?"]


async def ask(llm: LiterLlm, question: str) -> str:
    message = {"role": "user", "content": question}
    reply = await llm.invoke({"model": "gpt-4o-mini", "messages": [message]})
    return reply.text


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        replies = await asyncio.gather(*(ask(llm, question) for question in QUESTIONS))
    for question, reply in zip(QUESTIONS, replies):
        print(question, reply)


asyncio.run(main())
