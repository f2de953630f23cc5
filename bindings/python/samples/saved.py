import json

from liter_llm import LiterLlm

with LiterLlm(provider="openai") as llm:
    messages = [{"role": "user", "content": "Explain Rust ownership"}]
    response = llm.invoke({"model": "gpt-4o-mini", "messages": messages}).complete()
    text = json.dumps(response.to_dict())  # for a file or a database

    saved = json.loads(text)
    print(saved["text"], saved["usage"]["output_tokens"])
    messages += [saved["message"], {"role": "user", "content": "Shorter"}]
    print(llm.invoke({"model": "gpt-4o-mini", "messages": messages}).complete().text)
