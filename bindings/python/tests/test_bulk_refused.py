"""Rows of a batch that cannot be sent: all of them are found with few looks at the others."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bulk_folder import ABC, Folder, abc, batch
from liter_llm import LiterLlm
from liter_llm.bulk import provider_batch
from liter_llm.bulk.batch_split import Splitter
from liter_llm.bulk.batch_state import BatchState
from liter_llm.bulk.journal import Journal
from liter_llm.bulk.prices import Prices
from liter_llm.bulk.refused_rows import refused_rows
from liter_llm.bulk.rows import Recipe
from liter_llm.bulk.status import Status
from test_batches import document
from test_bulk_batch import ENDED, FILE, STARTED, answers


class Counting:
    """A client that counts the rows which it is given to submit."""

    def __init__(self, llm: LiterLlm) -> None:
        self.batch = self
        self.given: list[int] = []
        self._own = llm.batch

    def submit(self, rows: list[Any], **more: Any) -> Any:
        self.given.append(len(rows))
        return self._own.submit(rows, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def run_rows(folder: Folder, base_url: str) -> list[int]:
    """How many rows were given in each try to submit."""
    output = folder.path / "out.jsonl"
    recipe = Recipe(folder.path / "in.jsonl", "jsonl", "openai", None, None, None, None, "chat", {})
    journal, state, status = Journal(output), BatchState(output), Status(Prices("0,0"))
    journal.read(status.count)
    journal.prepare(False)
    plan = provider_batch.Plan(poll_seconds=0.01, wait=True, limit=None, tries=1)
    splitter = Splitter({"provider": "openai"}, 50_000)

    async def run() -> list[int]:
        async with LiterLlm("openai", api_key="test-key", base_url=base_url) as llm:
            counting: Any = Counting(llm)
            runner = provider_batch.BatchRunner(
                counting, journal, state, status, recipe, splitter, plan
            )
            await runner.run()
            return counting.given

    try:
        return asyncio.run(run())
    finally:
        state.close()
        journal.close()


def test_thousands_of_refused_rows_are_found_at_once(tmp_path, mock):
    folder = Folder(tmp_path, mock)
    kinds: list[Any] = ["none", [], {"role": "user"}]
    bad = [batch(f"bad-{place}", "x", messages=kinds[place % 3]) for place in range(3000)]
    folder.write("in.jsonl", *bad[:1500], *abc(), *bad[1500:])
    key = mock.plan(*map(document, [FILE, STARTED, ENDED, ENDED]), answers("a", "b", "c"))
    given = run_rows(folder, mock.base_url(key))

    assert {each: text for each, text in folder.texts().items() if text} == ABC
    errors = [line["error"]["message"] for line in folder.lines().values() if line["error"]]
    assert {message.split(":")[0].split(" is ")[0] for message in errors} == {"messages"}
    assert (len(errors), given[-1]) == (3000, 3)
    assert len(given) <= 30, given


def test_one_refused_row_is_one_line(tmp_path, mock):
    folder = Folder(tmp_path, mock)
    folder.write("in.jsonl", *abc(), batch("bad", "x", messages="none"))
    key = mock.plan(*map(document, [FILE, STARTED, ENDED, ENDED]), answers("a", "b", "c"))
    assert run_rows(folder, mock.base_url(key)) == [4, 3]
    message = folder.lines()["bad"]["error"]["message"]
    assert json.dumps(message) == '"messages: expected a list, got text"'


class RefusalError(Exception):
    detail: str | None = None


def test_an_error_that_names_no_row_or_none_of_these_refuses_none():
    odd: Any = RefusalError("openai: requests[1].request.seed cannot be sent")
    expected = {1: "openai: seed cannot be sent"}
    for detail in (None, "<html>", "7", "[]", '{"refused_rows": 7}', '{"error": "x"}'):
        odd.detail = detail
        assert refused_rows(odd, 2) == expected
        assert refused_rows(odd, 1) == {}
    odd.detail = '{"refused_rows": [{"message": "too long", "rows": [[0, 0], [3, 99]]}]}'
    named = {0: "openai: too long", **expected, 3: "openai: too long", 4: "openai: too long"}
    assert refused_rows(odd, 5) == named
    other: Any = RefusalError("no connection")
    assert refused_rows(other, 5) == {}
