"""The descriptor that the library writes to when events have come: an eventfd, or the two ends of a
pipe where the system has none."""

from __future__ import annotations

import os

from ._process_hooks import cannot_start


def make_descriptors() -> tuple[int, ...]:
    """Non-blocking descriptors: the first to read from, the last to write to."""
    try:
        if hasattr(os, "eventfd"):
            return (os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC),)
        ends = os.pipe()
    except OSError as error:
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
