import sys
from pathlib import Path

from liter_llm import LiterLlm

QUESTIONS = {"borrow": "What is a borrow?", "lifetime": "What is a lifetime?"}
HANDLE = Path(sys.argv[1] if len(sys.argv) > 1 else "batch.json")


def row(name: str, question: str) -> dict[str, object]:
    messages = [{"role": "user", "content": question}]
    return {"id": name, "request": {"model": "gpt-4o-mini", "messages": messages}}


with LiterLlm(provider="openai") as llm:
    if not HANDLE.exists():
        rows = [row(name, question) for name, question in QUESTIONS.items()]
        HANDLE.write_text(llm.batch.submit(rows).complete().batch)
    handle = HANDLE.read_text()
    state = llm.batch.status(handle).complete()
    print(state.state, dict(state.counts))
    if state.state == "ended":
        for result in llm.batch.results(handle):
            print(result.id, result.outcome, result.response and result.response["text"])
