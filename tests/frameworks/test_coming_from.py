"""What the docs put beside other libraries' code is code that runs."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path

import pytest

import liter_llm
from liter_llm import LiterLlm

PAGE = Path(__file__).resolve().parents[2] / "docs/coming-from.md"
PYTHON = PAGE.read_text(encoding="utf-8").split("## openai-node")[0]
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", PYTHON, re.MULTILINE)


@pytest.mark.parametrize("code", [ours for _, ours in ROWS], ids=[theirs for theirs, _ in ROWS])
def test_our_side_runs(plan, code):
    place = plan({"answer": {"text": "Hello world"}, "times": 9})
    messages = [{"role": "user", "content": "Hello"}]
    request = {"model": "openai/gpt-4o-mini", "messages": messages}
    names = {
        "LiterLlm": LiterLlm,
        "k": "test-key",
        "liter_llm": liter_llm,
        "messages": messages,
        "print": lambda *_: None,
        "request": request,
        "texts": ["a", "b"],
        "u": place.options["base_url"],
    }
    code = html.unescape(code)
    with LiterLlm(**place.options) as llm:
        names["llm"] = llm
        if code.startswith("await "):
            run = f"async def run():\n    return {code}\n"
            exec(run, names)
            assert asyncio.run(names["run"]()).text == "Hello world"
        else:
            exec(code, names)


def test_there_are_rows():
    assert len(ROWS) > 25
