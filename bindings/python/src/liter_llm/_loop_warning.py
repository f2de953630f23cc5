"""The warning for code that blocks the event loop that it runs on, with `for` where `async for` is
meant. It is given once in a process, and not in a notebook: there a loop always runs, and a cell
may block.
"""

from __future__ import annotations

import builtins
import sys
import warnings

from ._host import is_on_trio

_warned = False
_TEXT = (
    "`for` and complete() block the event loop that runs here; write"
    " `async for token in llm.invoke(request)` or `response = await llm.invoke(request)`"
)


def warn_if_on_loop() -> None:
    """Called where a request is made that a thread waits for."""
    if not _warned and _is_on_loop() and not hasattr(builtins, "__IPYTHON__"):
        _warn()


def _is_on_loop() -> bool:
    asyncio = sys.modules.get("asyncio")
    return is_on_trio() or (asyncio is not None and asyncio._get_running_loop() is not None)


def _warn() -> None:
    """With the line of the caller of this package."""
    global _warned
    _warned = True
    package = __name__.partition(".")[0]
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and _is_of(frame.f_globals.get("__name__", ""), package):
        frame, level = frame.f_back, level + 1
    warnings.warn(_TEXT, RuntimeWarning, stacklevel=level)


def _is_of(module: str, package: str) -> bool:
    return module.partition(".")[0] == package
