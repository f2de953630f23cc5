import json
import sys

from liter_llm import LiterLlm

# Any provider will do: python json_schema.py anthropic claude-sonnet-4-5
PROVIDER, MODEL = sys.argv[1:] or ("openai", "gpt-4o-mini")

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
    "required": ["city", "country"],
    "additionalProperties": False,
}

with LiterLlm(provider=PROVIDER) as llm:
    response = llm.invoke(
        {
            "model": MODEL,
            "messages": [{"role": "user", "content": "Where does the Elbe meet the Alster?"}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "city", "schema": CITY, "strict": True},
            },
        }
    ).complete()

place = json.loads(response.text)
print(place["city"], "in", place["country"])
