"""What happens to every LiterLlm when the process forks, when the interpreter ends, and when the
process has reached a limit."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Protocol

from ._errors import ClosedError, ConfigError, LlmError

EXITING = (
    "the interpreter is exiting; an atexit handler can use liter_llm if it was registered after"
    " the import of liter_llm"
)

exiting = False
"""Set when the interpreter ends; only the main thread and daemon threads run then."""
process = os.getpid()
"""The process that the clients belong to. Another id means a fork without Python's hooks."""


class Watched(Protocol):
    """What is notified of forks, of the end of the interpreter, and of other options."""

    def _after_fork(self) -> None: ...

    def _at_exit(self) -> None: ...

    def _renew(self) -> None: ...


_watched: weakref.WeakSet[Watched] = weakref.WeakSet()


def watch(watched: Watched) -> None:
    """Notifies it of forks, and of the end of the interpreter, as long as it lives."""
    _watched.add(watched)


def renew_all() -> None:
    """Has what is watched start afresh, as other options apply from now on."""
    for watched in list(_watched):
        watched._renew()


def park_if_exiting() -> None:
    """Makes daemon threads wait silently for the end of the process, as CPython does."""
    while exiting and threading.current_thread() is not threading.main_thread():
        threading.Event().wait()


def refuse_when_exiting() -> None:
    """Raises ClosedError once the interpreter is exiting."""
    park_if_exiting()
    if exiting:
        raise ClosedError(EXITING)


def cannot_start(error: Exception) -> LlmError:
    """The error for a limit of the process, or for Python starting no more threads as it exits."""
    if "shutdown" in str(error):
        return ClosedError(EXITING)
    return ConfigError(f"cannot start the runtime: {error}; raise the limit of this process")


def _at_exit() -> None:
    global exiting
    exiting = True
    for watched in list(_watched):
        watched._at_exit()


def notice_fork() -> None:
    """Called before anything waits or starts: uWSGI forks in C, without Python's hooks."""
    if os.getpid() != process:
        _after_fork()


def _after_fork() -> None:
    global process
    process = os.getpid()
    for watched in list(_watched):
        watched._after_fork()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
