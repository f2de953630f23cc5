"""Greenlets: gevent and eventlet replace functions that block by ones that let other greenlets of
the thread run. What waits for a stream has to do the same, or they would stand still.

Nothing of either is imported here before the program has done so.
"""

from __future__ import annotations

import select
import sys
import threading
from types import BuiltinFunctionType
from typing import Any, Protocol


class Lock(Protocol):
    """A lock that another thread may release."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


def is_patched() -> bool:
    """Whether waiting has to let other greenlets of this thread run. Asked each time, because
    monkey-patching may come late."""
    return not isinstance(select.select, BuiltinFunctionType) or _gevent() is not None


def make_lock() -> Lock:
    """One that lets greenlets run while it is waited for, also where threading is not patched."""
    gevent = _gevent()
    if gevent is None:
        return threading.Lock()
    from gevent.thread import allocate_lock

    lock: Lock = allocate_lock()
    return lock


def get_ident() -> int:
    """Of the greenlet, which is the thread's own where there are no others. threading has no other
    one, unless it is patched."""
    greenlet = sys.modules.get("greenlet")
    return threading.get_ident() if greenlet is None else id(greenlet.getcurrent())


def wait_readable(descriptor: int) -> None:
    """Lets other greenlets run until the descriptor can be read. eventlet has no poll, and gevent's
    select refuses large numbers."""
    if _gevent() is not None:
        from gevent.socket import wait_read

        wait_read(descriptor)
    elif sys.platform != "win32" and hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
    else:
        select.select([descriptor], [], [])


def let_others_run() -> None:
    """Lets greenlets run that can."""
    gevent = _gevent()
    if gevent is not None:
        sys.modules["gevent"].sleep(0)
    else:
        import time

        time.sleep(0)


def _gevent() -> Any:
    """gevent's monkey, if it has patched what a program waits with."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not any(map(monkey.is_module_patched, ("socket", "select"))):
        return None
    return monkey
