import sys
from dataclasses import dataclass
from typing import Annotated

from liter_llm import LiterLlm, OutputError

# Any provider will do: python output.py anthropic claude-sonnet-4-5
PROVIDER, MODEL = sys.argv[1:] or ("openai", "gpt-4o-mini")


@dataclass
class Place:
    city: str
    country: Annotated[str, "In English"]


with LiterLlm(provider=PROVIDER) as llm:
    question = "Where does the Elbe meet the Alster?"
    stream = llm.invoke(
        {"model": MODEL, "messages": [{"role": "user", "content": question}]},
        output=Place,
        output_retries=1,
    )
    try:
        place = stream.complete().output
        print(place.city, "in", place.country)
    except OutputError as error:
        print(error.reason, error.text)
