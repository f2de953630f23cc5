"""What differs by operating system: the descriptor that the library writes to when events have
come, and what files and signals can do. Imports nothing else of the package before it fails."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOOPS_WATCH_DESCRIPTORS = sys.platform != "win32"
"""No loop of Windows watches anything but sockets; _poll_thread serves them."""
CAN_LOCK_FILES = sys.platform != "win32"
"""As flock() does, for a file that another one may replace."""

if sys.platform == "win32":
    OPEN_FLAGS = os.O_BINARY | os.O_NOINHERIT
else:
    OPEN_FLAGS = os.O_CLOEXEC
"""Of every os.open()."""


def make_descriptors() -> tuple[int, ...]:
    """Non-blocking descriptors: the first to read from, the last to write to. An eventfd, or the
    two ends of a pipe where the system has none, as on macOS."""
    if sys.platform == "win32":
        from ._errors import ConfigError

        raise ConfigError("on Windows no greenlet can wait for the library; use threads or asyncio")
    try:
        if sys.platform == "linux" and hasattr(os, "eventfd"):
            return (os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC),)
        ends = os.pipe()
    except OSError as error:
        from ._process_hooks import cannot_start

        raise cannot_start(error) from None
    for end in ends:
        os.set_blocking(end, False)
    return ends


def silence_descriptors(descriptors: tuple[int, ...]) -> None:
    """Replaces them by /dev/null, so that what is written from now on wakes nobody. They are not
    closed: their selector would drop them, and its loop may run in another thread."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in descriptors:
            os.dup2(nothing, descriptor)
    except OSError:
        return


def close_descriptors(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def lock_file(file: int) -> None:
    """Raises OSError when another process has it."""
    if sys.platform == "win32":
        raise OSError("this system has no flock()")
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_folder(folder: Path) -> None:
    """Returns when the disk has the names in it. Windows opens no folder."""
    if sys.platform != "win32":
        opened = os.open(folder, os.O_RDONLY | OPEN_FLAGS)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def others_may_read(mode: int) -> bool:
    """What the mode of a file says. On Windows it says nothing."""
    return sys.platform != "win32" and bool(mode & 0o077)


def end_by_interrupt() -> None:
    """Ends the process as Ctrl-C ends one that does not handle it; on Windows, which has no such
    end, it returns."""
    if sys.platform != "win32":
        import signal

        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
