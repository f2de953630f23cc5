"""BatchRunner: answers the rows by batches of the provider: submits those that are in none, waits,
and writes a line for each result. Whatever ends a run, the batches go on, and the next run finds
them: by the handle, or by the mark where the run ended before there was one.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from .._client import LiterLlm
from .._errors import LlmError
from .._replies import Batch
from .batch_lines import result_line, unanswered_line
from .batch_search import WITHOUT_LABELS, find_lost
from .batch_split import Chunk, Splitter
from .batch_state import BatchState, OpenBatch
from .display import say
from .faults import BulkError
from .journal import Journal
from .lines import encode, failed_line, invalid_line
from .refused_rows import refused_rows
from .rows import Recipe, Row
from .signals import handled
from .status import Status, duration

WAIT_GROWTH, WAIT_SECONDS_MAX = 1.5, 600.0
_TURN_ROWS = 1000


class Plan(NamedTuple):
    """What the command line says."""

    poll_seconds: float
    wait: bool
    limit: int | None
    tries: int


class BatchRunner:
    """One run, on one event loop."""

    def __init__(
        self,
        llm: LiterLlm,
        journal: Journal,
        state: BatchState,
        status: Status,
        recipe: Recipe,
        splitter: Splitter,
        plan: Plan,
    ) -> None:
        self.interrupted = False
        self._llm = llm
        self._recipe = recipe
        self._journal = journal
        self._state = state
        self._status = status
        self._splitter = splitter
        self._plan = plan
        self._have_lines = {done.digest for done in journal.done.values()}
        self._said: dict[str, str] = {}
        """What was said of each batch."""
        self._failures = 0
        """Looks that failed, one after the other."""
        self._submission: asyncio.Task[Batch] | None = None
        self._main: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Returns when no batch is open, or as soon as all are submitted if the run is not to wait.
        Batches of earlier runs are looked at first."""
        self._main = asyncio.current_task()
        try:
            with handled(self._interrupt, self._terminate):
                await find_lost(self._llm, self._state)
                taken = {row for batch in self._state.batches.values() for row in batch.rows}
                await self._look()
                await self._submit_rows(taken)
                wait = self._plan.poll_seconds
                while self._state.batches and self._plan.wait:
                    await asyncio.sleep(wait)
                    wait = max(wait, min(wait * WAIT_GROWTH, WAIT_SECONDS_MAX))
                    await self._look(wait)
        except asyncio.CancelledError:
            if not self.interrupted:
                raise

    # ---- submissions

    async def _submit_rows(self, taken: set[bytes]) -> None:
        for place, row in enumerate(self._recipe.read()):
            if self._plan.limit is not None and place >= self._plan.limit:
                break
            if place % _TURN_ROWS == 0:
                await asyncio.sleep(0)
            if row.digest in taken or row.digest in self._have_lines:
                continue
            if row.fault is not None:
                self._write(row, invalid_line(row))
                continue
            for chunk in self._splitter.add(row):
                await self._submit(chunk)
        for chunk in self._splitter.rest():
            await self._submit(chunk)

    async def _submit(self, chunk: Chunk) -> None:
        """A row that cannot be sent is found before anything is; the others are submitted."""
        while chunk.rows:
            digests = [row.digest for row in chunk.rows]
            intent = self._state.intend(chunk.provider, digests)
            rows = [{"id": row.digest.hex(), "request": row.request} for row in chunk.rows]
            try:
                batch = await self._send(rows, intent)
            except LlmError as error:
                if error.maybe_executed:
                    raise BulkError(
                        f"{error}; type the same command again, which looks for it first"
                    ) from None
                self._state.take_back(intent)
                self._take_refusal(chunk, error)
                continue
            count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
            say(f"batch {batch.id}: submitted with {count}")
            return

    async def _send(self, rows: list[dict[str, Any]], intent: OpenBatch) -> Batch:
        """An interrupt waits for the handle."""
        has_labels = intent.provider not in WITHOUT_LABELS
        labels = {"liter_batch": intent.mark} if has_labels else None
        call = self._llm.batch.submit(rows, metadata=labels)

        async def send() -> Batch:
            batch = await call
            self._state.submitted(intent, batch.batch, batch.id)
            return batch

        self._submission = asyncio.ensure_future(send())
        try:
            batch = await self._submission
        finally:
            self._submission = None
        if self.interrupted:
            raise asyncio.CancelledError
        return batch

    def _take_refusal(self, chunk: Chunk, error: LlmError) -> None:
        refused = refused_rows(error, len(chunk.rows))
        if not refused:
            raise BulkError(str(error)) from None
        for place, message in refused.items():
            row = chunk.rows[place]
            line = failed_line(row, error)
            line["error"]["message"] = message
            self._write(row, line)
        chunk.rows = [row for place, row in enumerate(chunk.rows) if place not in refused]

    # ---- results

    async def _look(self, next_wait: float | None = None) -> None:
        """At all open batches; takes the results of those that have ended."""
        ended: list[tuple[OpenBatch, Batch]] = []
        for batch in list(self._state.batches.values()):
            try:
                state = await self._llm.batch.status(str(batch.handle))
            except LlmError as error:
                self._take_failure(batch, error)
                continue
            self._failures = 0
            self._tell(batch, state, next_wait)
            if state.state in ("ended", "failed"):
                ended.append((batch, state))
        if not ended:
            return
        rows = self._rows_of([batch for batch, _ in ended])
        for batch, state in ended:
            await self._collect(batch, state, rows)

    def _rows_of(self, batches: list[OpenBatch]) -> dict[bytes, Row]:
        """Those without a line, by digest, without their requests."""
        wanted = {row for batch in batches for row in batch.rows} - self._have_lines
        return {
            row.digest: row._replace(request={})
            for row in self._recipe.read()
            if row.digest in wanted
        }

    async def _collect(self, batch: OpenBatch, state: Batch, rows: dict[bytes, Row]) -> None:
        own, matched, strangers = set(batch.rows), 0, 0
        if state.state == "ended":
            try:
                async for result in self._llm.batch.results(str(batch.handle)):
                    digest = _digest(result.id)
                    if digest not in own:
                        strangers += 1
                        continue
                    matched += 1
                    if digest not in self._have_lines:
                        self._write(rows[digest], result_line(rows[digest], result, state))
            except LlmError as error:
                self._take_failure(batch, error)
                return
        if strangers and not matched:
            raise BulkError(
                f"batch {batch.id}: its results are not of these rows; remove the file"
                f" {self._state.path} to submit them anew"
            )
        for digest in batch.rows:
            if digest not in self._have_lines:
                self._write(rows[digest], unanswered_line(rows[digest], state))
        self._journal.sync()
        self._state.collected(batch)

    def _take_failure(self, batch: OpenBatch, error: LlmError) -> None:
        """The next look asks again, as the batch goes on whatever becomes of us."""
        self._failures += 1
        transient = error.retryable or error.kind == "TRUNCATED"
        if not transient or self._failures >= self._plan.tries:
            raise BulkError(f"batch {batch.id}: {error}") from None
        say(f"batch {batch.id}: {error}; it is asked again later")

    def _write(self, row: Row, line: dict[str, Any]) -> None:
        self._journal.append(encode(line))
        self._have_lines.add(row.digest)
        self._status.count(line)

    def _tell(self, batch: OpenBatch, state: Batch, next_wait: float | None) -> None:
        counts = ", ".join(f"{count:,} {name}" for name, count in state.counts.items())
        news = f"batch {batch.id}: {state.state}" + (f" ({counts})" if counts else "")
        if self._said.get(batch.mark) == news:
            return
        self._said[batch.mark] = news
        waits = next_wait is not None and state.state not in ("ended", "failed")
        say(news + (f"; looked at again in {duration(next_wait or 0)}" if waits else ""))

    # ---- how it ends early

    def _interrupt(self) -> None:
        again, self.interrupted = self.interrupted, True
        if self._submission is not None and not again:
            say("finishing the submission; Ctrl-C again stops at once")
        elif self._main is not None:
            self._main.cancel()

    def _terminate(self) -> None:
        self.interrupted = True
        if self._main is not None:
            self._main.cancel()


def check_rows(recipe: Recipe, state: BatchState) -> None:
    """Refuses batches whose rows are not those of the input."""
    rows = {row: batch for batch in state.batches.values() for row in batch.rows}
    if not rows:
        return
    for row in recipe.read():
        rows.pop(row.digest, None)
    if rows:
        batch = next(iter(rows.values()))
        raise BulkError(
            f"{state.path}: of another job: {len(rows):,} rows of batch {batch.id or batch.mark}"
            f" are not in {recipe.path}, or now have another request; name another output"
        )


def _digest(name: str) -> bytes:
    try:
        return bytes.fromhex(name)
    except ValueError:
        return b""
