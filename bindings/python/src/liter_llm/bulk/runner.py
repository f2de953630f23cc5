"""Runner: asks the rows through LiterLlm.map() and writes a line for each that is finished.

The core retries each request. A row that fails transiently nonetheless is tried again later, as an
outage may outlast that; while as many rows wait as may be in flight, no new ones are read.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from .._client import LiterLlm
from .._errors import LlmError
from .._replies import MapResult
from .display import LiveDisplay, PlainDisplay, say
from .faults import BulkError
from .journal import Journal
from .lines import answered_line, encode, failed_line, invalid_line
from .rows import Row
from .signals import handled
from .status import Status

SYNC_SECONDS = 1.0
TRY_AGAIN_SECONDS_MAX = 60.0
_EVERY_ROW = ("CONFIG", "AUTHENTICATION", "QUOTA_EXCEEDED")
"""Errors that the next row would get as well: the run stops, and their rows stay unanswered."""
_OWN = ("provider", "api_key", "base_url")
"""A row with one of these has such an error for itself."""
_CUT = "TRUNCATED"
"""Never retried by the core, which hands on text as it comes; here only a whole answer counts."""


class Asked(dict[str, Any]):
    """The request of a row, with the row."""

    def __init__(self, row: Row, tries: int) -> None:
        super().__init__(row.request)
        self.row = row
        self.tries = tries


class Runner:
    """One run, on one event loop."""

    def __init__(
        self,
        llm: LiterLlm,
        rows: Iterator[Row | None],
        journal: Journal,
        status: Status,
        *,
        concurrency: int,
        tries: int,
    ) -> None:
        """rows: those that are to be asked; None in between, so that others get their turn."""
        self.stopped: str | None = None
        """Why the run ended before the rows did."""
        self.failure: BulkError | None = None
        self.interrupted = False
        self._llm = llm
        self._rows = rows
        self._journal = journal
        self._status = status
        self._concurrency = concurrency
        self._tries = tries
        self._later: list[tuple[float, int, Asked]] = []
        self._order = itertools.count()
        self._changed = asyncio.Event()
        self._main: asyncio.Task[Any] | None = None

    async def run(self, display: PlainDisplay | LiveDisplay) -> None:
        """Returns when all rows are done, or the run was stopped."""
        self._main = asyncio.current_task()
        ticks = [
            asyncio.ensure_future(self._show(display)),
            asyncio.ensure_future(self._sync()),
        ]
        try:
            with handled(self._interrupt, self._terminate):
                async for result in self._llm.map(self._requests(), concurrency=self._concurrency):
                    self._take(result)
        except asyncio.CancelledError:
            if self.stopped is None:
                raise
        finally:
            for tick in ticks:
                tick.cancel()
            await asyncio.gather(*ticks, return_exceptions=True)
            await self._look_at_stats()
        if self.failure is not None:
            raise self.failure

    # ---- what is asked

    async def _requests(self) -> AsyncIterator[Asked]:
        """Rows whose next try is due, then new ones, as long as there are any."""
        exhausted = False
        while self.stopped is None:
            now = time.monotonic()
            if self._later and self._later[0][0] <= now:
                _, _, asked = heapq.heappop(self._later)
                self._status.waiting = len(self._later)
                yield self._send(asked)
            elif not exhausted and len(self._later) < self._concurrency:
                try:
                    row = next(self._rows)
                except StopIteration:
                    exhausted = True
                    continue
                if row is None:
                    await asyncio.sleep(0)
                elif row.fault is not None:
                    self._write(invalid_line(row))
                    await asyncio.sleep(0)
                else:
                    yield self._send(Asked(row, 1))
            elif exhausted and not self._later and not self._status.in_flight:
                return
            else:
                self._changed.clear()
                wait = self._later[0][0] - now if self._later else None
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)

    def _send(self, asked: Asked) -> Asked:
        self._status.in_flight += 1
        return asked

    # ---- what came of it

    def _take(self, result: MapResult) -> None:
        asked: Asked = result.request
        status, error = self._status, result.error
        status.in_flight -= 1
        self._changed.set()
        if error is None:
            status.retries += max(result.response.attempts - 1, 0)
            status.rate_limit = dict(result.response.rate_limit) or status.rate_limit
            self._write(answered_line(asked.row, result.response))
        elif not isinstance(error, LlmError):
            self._write(failed_line(asked.row, error))
        else:
            status.retries += max(error.attempts - 1, 0)
            self._take_error(asked, error)

    def _take_error(self, asked: Asked, error: LlmError) -> None:
        if error.kind in _EVERY_ROW and not any(name in asked for name in _OWN):
            if self.failure is None:
                self.failure = BulkError(str(error))
                self.stop(str(error))
        elif (error.retryable or error.kind == _CUT) and asked.tries < self._tries:
            self._try_again(asked, error)
        else:
            self._write(failed_line(asked.row, error))

    def _try_again(self, asked: Asked, error: LlmError) -> None:
        """After the wait that the provider asked for, or a second, two, four, ..."""
        wait = float(2 ** (asked.tries - 1)) * random.uniform(0.5, 1.0)
        if error.retry_after_ms is not None:
            wait = max(wait, error.retry_after_ms / 1000)
        asked.tries += 1
        due = time.monotonic() + min(wait, TRY_AGAIN_SECONDS_MAX)
        heapq.heappush(self._later, (due, next(self._order), asked))
        self._status.waiting = len(self._later)
        self._status.retries += 1

    def _write(self, line: dict[str, Any]) -> None:
        self._journal.append(encode(line))
        self._status.count(line)

    # ---- how it ends early

    def stop(self, why: str) -> None:
        """Asks nothing more, and waits for what is in flight."""
        if self.stopped is None:
            self.stopped = why
            self._changed.set()

    def stop_at_once(self, why: str) -> None:
        """Cancels what is in flight, too."""
        self.stop(why)
        if self._main is not None:
            self._main.cancel()

    def _interrupt(self) -> None:
        if self.interrupted:
            self.stop_at_once("interrupted twice")
            return
        self.interrupted = True
        self.stop("interrupted")
        say(f"finishing {self._status.in_flight:,} rows in flight; Ctrl-C again stops at once")

    def _terminate(self) -> None:
        self.interrupted = True
        self.stop_at_once("terminated")

    # ---- beside it

    async def _show(self, display: PlainDisplay | LiveDisplay) -> None:
        self._status.mark(time.monotonic())
        while True:
            await asyncio.sleep(display.interval)
            await self._look_at_stats()
            self._status.mark(time.monotonic())
            display.show(self._status)

    async def _look_at_stats(self) -> None:
        """How many requests were refused with 429, of which the core tries most again itself."""
        with contextlib.suppress(LlmError):  # the client is closed, or was never made
            stats = await self._llm.stats()
            self._status.limited = sum(each.rate_limited for each in stats.providers.values())

    async def _sync(self) -> None:
        """Has the disk keep what was written, about once a second, in another thread."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            if self._journal.is_dirty:
                try:
                    await loop.run_in_executor(None, self._journal.sync)
                except BulkError as error:
                    self.failure = error
                    self.stop_at_once(str(error))
