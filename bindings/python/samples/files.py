"""python files.py report.pdf question.mp3"""

import base64
import sys
from pathlib import Path

from liter_llm import LiterLlm, Message


def read(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()


pdf, recording = sys.argv[1:]
question: Message = {
    "role": "user",
    "content": [
        {
            "type": "file",
            "file": {
                "filename": Path(pdf).name,
                "file_data": f"data:application/pdf;base64,{read(pdf)}",
            },
        },
        {"type": "input_audio", "input_audio": {"data": read(recording), "format": "mp3"}},
        {"type": "text", "text": "The question about the report is spoken."},
    ],
}

with LiterLlm() as llm:
    for token in llm.invoke({"model": "openai/gpt-4o-audio-preview", "messages": [question]}):
        print(token, end="", flush=True)
