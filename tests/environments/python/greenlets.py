"""What gevent and eventlet have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import liter_llm
from support import REQUEST, Mock

STREAMS = 20


def check(
    mock: Mock,
    llm: liter_llm.LiterLlm,
    plan: Callable[[], dict[str, Any]],
    spawn: Callable[..., Any],
    wait: Callable[[Any], Any],
) -> None:
    """Reads several streams whose second half comes when another greenlet of this thread signals:
    a read that stopped the thread would wait for ever. Both orders of release are tried."""
    keys = [mock.plan(plan()) for _ in range(STREAMS)]
    begun: list[str] = []
    texts: dict[str, str] = {}

    def read(key: str) -> None:
        call = llm.invoke({**REQUEST, "stream": True}, base_url=mock.base_url(key))
        first = next(call)
        begun.append(key)
        texts[key] = first + "".join(call)

    def release() -> None:
        """In the order in which they began, and in reverse."""
        for key in keys:
            mock.wait(key, requests=1)
            mock.signal(key, "go")

    readers = [spawn(read, key) for key in keys]
    releaser = spawn(release)
    for task in [releaser, *readers]:
        wait(task)
    assert texts == dict.fromkeys(keys, "Hello world"), texts

    key = mock.new_key("tokens~20000~0")
    ticks: list[int] = []
    done: list[int] = []

    def flood() -> None:
        done.append(len(list(llm.invoke(REQUEST, base_url=mock.base_url(key)))))

    def tick() -> None:
        import time

        while not done:
            ticks.append(len(done))
            time.sleep(0)  # lets the others run

    for task in [spawn(flood), spawn(tick)]:
        wait(task)
    assert done == [20000]
    assert len(ticks) > 2, "a stream that always has something lets others run too"
