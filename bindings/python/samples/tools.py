import sys

from liter_llm import LiterLlm, Message, Text, ToolCall, run_tools, tool

# Any provider will do: python tools.py anthropic claude-sonnet-4-5
PROVIDER, MODEL = sys.argv[1:] or ("openai", "gpt-4o-mini")


@tool
def weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: Its name, in English.
    """
    return f"In {city} it rains."


with LiterLlm(provider=PROVIDER) as llm:
    messages: list[Message] = [{"role": "user", "content": "Do I need an umbrella in Hamburg?"}]
    while True:
        stream = llm.invoke({"model": MODEL, "messages": messages, "tools": [weather]})
        for event in stream.events():
            if isinstance(event, Text):
                print(event.text, end="", flush=True)
            elif isinstance(event, ToolCall):
                print(f"{event.name}({event.arguments})")
        messages.append(stream.response.message)
        if not stream.response.tool_calls:
            break
        messages += run_tools(stream.response, [weather]).complete()
