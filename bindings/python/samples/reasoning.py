from liter_llm import LiterLlm, Message, Reasoning, Request, Text

messages: list[Message] = [{"role": "user", "content": "What is 17 times 23?"}]
request: Request = {
    "model": "anthropic/claude-sonnet-4-5",
    "messages": messages,
    "max_tokens": 4096,
    "reasoning_effort": "low",
}

with LiterLlm() as llm:
    stream = llm.invoke(request)
    for event in stream.events():
        if isinstance(event, Reasoning):
            print(f"[{event.text}]", end="", flush=True)
        elif isinstance(event, Text):
            print(event.text, end="", flush=True)
    print()

    # The message has the model's thinking with its signature, which the provider wants back.
    messages += [stream.response.message, {"role": "user", "content": "And squared?"}]
    print(llm.invoke(request).complete().text)
