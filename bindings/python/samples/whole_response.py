from liter_llm import LiterLlm

with LiterLlm(provider="openai") as llm:
    question = {"role": "user", "content": "Explain Rust ownership"}
    response = llm.invoke({"model": "gpt-4o-mini", "messages": [question]}).complete()

print(response.text)
print(response.finish_reason, response.usage and response.usage.output_tokens)
