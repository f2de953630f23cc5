import asyncio

import numpy

from liter_llm import LiterLlm

TEXTS = ["Ownership moves a value", "A borrow lends it", "Lifetimes bound a borrow"]


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        reply = await llm.embed({"model": "text-embedding-3-small", "input": TEXTS})
    vectors = numpy.asarray(reply)  # the reply's own memory: nothing is copied
    print(vectors.shape, vectors.dtype)
    print((vectors @ vectors.T).shape)


asyncio.run(main())
