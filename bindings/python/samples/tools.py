import json
import sys
from typing import Any

from liter_llm import LiterLlm, Text, ToolCall

# Any provider will do: python tools.py anthropic claude-sonnet-4-5
PROVIDER, MODEL = sys.argv[1:] or ("openai", "gpt-4o-mini")

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def weather(city: str) -> str:
    return f"In {city} it rains."


with LiterLlm(provider=PROVIDER) as llm:
    messages: list[Any] = [{"role": "user", "content": "Do I need an umbrella in Hamburg?"}]
    while True:
        stream = llm.invoke({"model": MODEL, "messages": messages, "tools": [WEATHER]})
        for event in stream.events():
            if isinstance(event, Text):
                print(event.text, end="", flush=True)
            elif isinstance(event, ToolCall):
                print(f"{event.name}({event.arguments})")
        messages.append(stream.response.message)
        for call in stream.response.tool_calls:
            result = weather(**json.loads(call.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        if not stream.response.tool_calls:
            break
