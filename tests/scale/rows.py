"""Rows of the tests: how they are made, answered by two workers, and read from the output."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow
import ray

from liter_llm.ray import Complete

ALL: dict[str, Any] = {"bulk": {}}
"""Every row is answered."""
BLOCKS_AT_ONCE = 4
# Blocks of an actor run side by side, so that one slow row holds only its own block back.
ACTORS = ray.data.ActorPoolStrategy(
    size=2, max_concurrent_calls_per_actor=BLOCKS_AT_ONCE, max_tasks_in_flight_per_actor=8
)


def make_rows(count: int, first: int = 0, blocks: int | None = None) -> ray.data.Dataset:
    rows = [
        {"custom_id": f"id-{number}", "prompt": f"row {number}"}
        for number in range(first, first + count)
    ]
    return ray.data.from_arrow(pyarrow.Table.from_pylist(rows)).repartition(blocks or 4)


def answer(
    rows: ray.data.Dataset, base_url: str, actor: type[Complete] = Complete, **settings: Any
) -> ray.data.Dataset:
    given = {"provider": "openai", "model": "m", "base_url": base_url, **settings}
    return rows.map_batches(
        actor,
        batch_format="pyarrow",
        batch_size=50,
        compute=ACTORS,
        fn_constructor_kwargs=given,
        num_cpus=0.5,
    )


class CountedComplete(Complete):
    """Leaves a file named by its process, so that a test finds whom to kill."""

    def __init__(self, *arguments: Any, folder: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._folder = Path(folder)

    async def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        (self._folder / str(os.getpid())).touch()
        return await super().__call__(batch)


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """All lines that are whole."""
    texts = [text for path in folder.glob("*.jsonl") for text in path.read_text().splitlines()]
    lines = []
    for text in texts:
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    return lines
