import asyncio
from dataclasses import dataclass

from liter_llm import LiterLlm


@dataclass
class Recipe:
    name: str
    ingredients: list[str]


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        stream = llm.invoke(
            {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Bread, please"}]},
            output=Recipe,
        )
        async for partial in stream.partials():
            print(len(partial.get("ingredients", [])), "ingredients so far")
        print(stream.response.output)


asyncio.run(main())
