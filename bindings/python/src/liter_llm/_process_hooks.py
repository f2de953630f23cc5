"""What happens to every LiterLlm when the process forks and when the interpreter ends."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Protocol

exiting = False
"""Set when the interpreter ends; only the main thread and daemon threads run then."""
_process = os.getpid()


class Living(Protocol):
    def _after_fork(self) -> None: ...

    def _at_exit(self) -> None: ...


_living: weakref.WeakSet[Living] = weakref.WeakSet()


def watch(living: Living) -> None:
    """Tells it about forks and the end, for as long as it lives."""
    _living.add(living)


def park_if_exiting() -> None:
    """Where daemon threads wait for the end of the process, silently, as they do in CPython."""
    while exiting and threading.current_thread() is not threading.main_thread():
        threading.Event().wait()


def _at_exit() -> None:
    global exiting
    exiting = True
    for living in list(_living):
        living._at_exit()


def notice_fork() -> None:
    """Called before anything waits or starts: uWSGI forks in C, without Python's hooks."""
    if os.getpid() != _process:
        _after_fork()


def _after_fork() -> None:
    global _process
    _process = os.getpid()
    for living in list(_living):
        living._after_fork()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
