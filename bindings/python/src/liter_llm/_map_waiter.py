"""RowsWaiter: lets a thread wait for any of the rows of a map, as it waits for one stream."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ._blocking_client import BlockingClient, BlockingReceiver

if TYPE_CHECKING:
    from ._map_run import MapRun


class RowsWaiter(BlockingReceiver):
    """Leads or sleeps like a receiver, and gets no events: it is ready when a row is."""

    __slots__ = ("_run",)

    def __init__(self, run: MapRun, client: BlockingClient) -> None:
        super().__init__("whole", client, None, collect=False)
        self._run = run

    def is_ready(self) -> bool:
        return bool(self._run.ended) or bool(self._run.asking)

    def acknowledge(self) -> None:
        """The rows do that themselves."""


def wait_for_rows(run: MapRun, waiter: BlockingReceiver | None) -> BlockingReceiver | None:
    """Returns when a row has ended; asks for keys in this thread. Gives the waiter to use next."""
    row = run.oldest()
    receiver = None if row is None else row.invocation.on_thread
    if receiver is None:
        return waiter
    if waiter is None or waiter.client is not receiver.client:
        waiter = RowsWaiter(run, receiver.client)
    run.wake = waiter.wake
    while not run.ended:
        waiter.client.wait(waiter)
        while run.asking:
            # A function that raised ends its row with that: it is the row's error.
            with contextlib.suppress(Exception):
                run.asking.popleft().answer_asked()
    return waiter
