"""The descriptor that the core writes to when something came, and how it is made and waited for.

gevent and eventlet put functions of Python in the place of blocking ones, which let other
greenlets run. What blocks here is looked up when it is used, so that it may be put in place late.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from types import BuiltinFunctionType

from ._errors import ClosedError, ConfigError, LlmError

EXITING = (
    "the interpreter is exiting; an atexit handler can use liter_llm if it was registered after"
    " the import of liter_llm"
)


def cannot_start(error: Exception) -> LlmError:
    """A limit of the process was reached; or Python starts no more threads, as it is exiting."""
    if "shutdown" in str(error):
        return ClosedError(EXITING)
    return ConfigError(f"cannot start the runtime: {error}; raise the limit of this process")


def make_descriptors() -> tuple[int, ...]:
    """An eventfd, or the two ends of a pipe; nothing blocks on them."""
    try:
        if hasattr(os, "eventfd"):
            return (os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC),)
        ends = os.pipe()
    except OSError as error:
        raise cannot_start(error) from None
    for end in ends:
        os.set_blocking(end, False)
    return ends


def read_silent(descriptor: int) -> None:
    """Takes what was written, so that the next byte is noticed."""
    with contextlib.suppress(BlockingIOError):
        os.read(descriptor, 4096)


def is_patched() -> bool:
    """Whether waiting has to let other greenlets of this thread run."""
    return not isinstance(select.select, BuiltinFunctionType)


def wait_readable(descriptor: int) -> None:
    """Lets other greenlets run until there is something to read; eventlet has no poll, and
    gevent's select refuses large numbers."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
    else:
        select.select([descriptor], [], [])


def yield_now() -> None:
    """Lets other greenlets run, if they can."""
    time.sleep(0)


class Bell:
    """What one thread or greenlet sleeps at. To ring it is safe anywhere: in a signal handler, in
    __del__; and more than once is as good as once."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # it has rung, and nobody has looked yet
            self._lock.release()

    def wait(self, seconds: float) -> bool:
        """Whether it rang; Ctrl-C is noticed at once."""
        return self._lock.acquire(timeout=seconds)
