import base64
import sys

from liter_llm import LiterLlm

# Any provider will do: python image.py anthropic claude-sonnet-4-5
PROVIDER, MODEL = sys.argv[1:] or ("openai", "gpt-4o-mini")

RED_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8"
    "z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)

with LiterLlm(provider=PROVIDER) as llm:
    data = base64.b64encode(RED_DOT).decode()
    question = {
        "role": "user",
        "content": [
            {"type": "text", "text": "Which colour is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
        ],
    }
    for token in llm.invoke({"model": MODEL, "messages": [question]}):
        print(token, end="", flush=True)
