"""Programs that PyInstaller and cx_Freeze build, run without any Python beside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from shared import HELLO, WORK, running_mock

PROGRAM = """
import asyncio, sys
from liter_llm import LiterLlm
llm = LiterLlm("openai", api_key="k", base_url=sys.argv[1])
request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
async def main():
    return "".join([piece async for piece in llm.invoke(request)])
print("".join(llm.invoke(request)), "|", asyncio.run(main()))
"""


def write_program() -> Path:
    """The source that is to be frozen."""
    source = WORK / "program.py"
    source.write_text(PROGRAM)
    return source


def check(executable: Path) -> None:
    """Runs it without a Python beside it."""
    with running_mock() as mock:
        url = mock.base_url(mock.plan(HELLO))
        ended = subprocess.run(
            [str(executable), url], capture_output=True, text=True, timeout=60, env={}, check=False
        )
    assert ended.stdout == "Hello world | Hello world\n", ended.stdout + ended.stderr
