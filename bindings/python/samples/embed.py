from liter_llm import EmbedResponse, LiterLlm, LlmError

TEXTS = ["Ownership moves a value", "A borrow lends it", "Lifetimes bound a borrow"]

with LiterLlm(provider="openai") as llm:
    try:
        reply = llm.embed({"model": "text-embedding-3-small", "input": TEXTS}).complete()
    except LlmError as error:
        if isinstance(error.partial, EmbedResponse):
            print("vectors came for the inputs", error.partial.finished_ranges)
        raise

print(reply.count, "vectors of", reply.dimensions, "numbers")
first, second = reply.vectors[0], reply.vectors[1]
print(f"{sum(x * y for x, y in zip(first, second)):.3f}")
