"""The makes of event loops that the tests run on."""

from __future__ import annotations

import asyncio
from typing import Any

import uvloop


class NoReaderLoop(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors, as Windows' default one."""

    def add_reader(self, fd: Any, callback: Any, *arguments: Any) -> None:
        raise NotImplementedError


LOOPS = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
    "no_reader": NoReaderLoop,
}
