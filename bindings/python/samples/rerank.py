from liter_llm import LiterLlm, RerankRequest

DOCUMENTS = ["Bread needs flour", "Borrowing lends a value", "A value has one owner"]
REQUEST: RerankRequest = {
    "model": "rerank-v3.5",
    "query": "who has a value",
    "documents": DOCUMENTS,
}

with LiterLlm(provider="cohere") as llm:
    for result in llm.rerank(REQUEST).complete().results:
        print(result.index, result.document)
