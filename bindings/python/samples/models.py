from liter_llm import LiterLlm

with LiterLlm(provider="openai") as llm:
    for model in llm.models().complete().models:
        print(model.id, model.owner)
