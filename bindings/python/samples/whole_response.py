from liter_llm import LiterLlm

with LiterLlm(provider="openai") as llm:
    question = {"role": "user", "content": "Explain Rust ownership"}
    reply = llm.invoke({"model": "gpt-4o-mini", "messages": [question]}).complete()

print(reply.text)
print(reply.finish_reason, reply.usage and reply.usage.output_tokens)
