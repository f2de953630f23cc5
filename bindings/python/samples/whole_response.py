from liter_llm import LiterLlm, Message

with LiterLlm(provider="openai") as llm:
    question: Message = {"role": "user", "content": "Explain Rust ownership"}
    response = llm.invoke({"model": "gpt-4o-mini", "messages": [question]}).complete()

print(response.text)
print(response.finish_reason, response.usage and response.usage.output_tokens)
