import asyncio

from liter_llm import LiterLlm

QUESTIONS = ["What is a borrow?", "What is a lifetime?", "What is a move?"]


async def ask(llm: LiterLlm, question: str) -> str:
    message = {"role": "user", "content": question}
    response = await llm.invoke({"model": "gpt-4o-mini", "messages": [message]})
    return response.text


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        texts = await asyncio.gather(*(ask(llm, question) for question in QUESTIONS))
    for question, text in zip(QUESTIONS, texts):
        print(question, text)


asyncio.run(main())
