"""`litellm.batch_completion`, the batch completion of `litellm`: a pool of threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from rows import API_KEY, MODEL, messages, run_rows

# Else the import, which reads this, asks the network for a list of prices.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

Router = litellm.Router


def text(reply: Any) -> str | Exception:
    """An answer, or the error that stands in its place."""
    if isinstance(reply, Exception):
        return reply
    return str(reply.choices[0].message.content or "")


def ask(base_url: str, rows: int, concurrency: int) -> Callable[[], list[str | Exception]]:
    """It takes a list of all rows."""

    def answers() -> list[str | Exception]:
        replies = litellm.batch_completion(
            model=f"openai/{MODEL}",
            messages=list(messages(rows)),
            max_workers=concurrency,
            api_key=API_KEY,
            api_base=base_url,
            max_retries=0,
        )
        return [text(reply) for reply in replies]

    return answers


if __name__ == "__main__":
    run_rows("litellm", f"litellm {version('litellm')}", ask)
