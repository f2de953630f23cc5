"""Signals: what Ctrl-C and the end of a machine do to a run, while it lasts."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def handled(interrupt: Callable[[], None], terminate: Callable[[], None]) -> Iterator[None]:
    """Calls these on the running loop for SIGINT and SIGTERM. Off the main thread, where nobody can
    handle a signal, whoever started the run is interrupted."""
    loop = asyncio.get_running_loop()
    added = []
    for number, handler in ((signal.SIGINT, interrupt), (signal.SIGTERM, terminate)):
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, handler)
            added.append(number)
    try:
        yield
    finally:
        for number in added:
            loop.remove_signal_handler(number)
