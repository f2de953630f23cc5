"""gevent: one greenlet reads, and the others go on; patched before the import, and after it."""

from __future__ import annotations

import subprocess
import sys


def patch() -> None:
    from gevent import monkey

    monkey.patch_all()


def main(order: str) -> None:
    from shared import connect, in_two_halves, running_mock

    with running_mock() as mock:
        llm = connect(mock.base_url(mock.plan({"answer": {"text": "Hello world"}})))
        if order == "after":
            assert llm.invoke(REQUEST).complete().text == "Hello world", "used before, unpatched"
            call = llm.invoke(REQUEST, base_url=mock.base_url(key := mock.plan(in_two_halves())))
            first = next(call)
            patch()
        from gevent import Timeout, sleep, spawn

        import greenlets

        if order == "after":
            reader = spawn("".join, call)
            spawn(mock.signal, key, "go").get(timeout=20)
            assert first + reader.get(timeout=20) == "Hello world", "begun before, unpatched"

        greenlets.check(mock, llm, in_two_halves, spawn, lambda task: task.get(timeout=30))
        left = mock.plan(stream(token("one"), HANG))
        call = llm.invoke(REQUEST, base_url=mock.base_url(left))
        try:
            with Timeout(0.1):
                list(call)
        except Timeout:
            assert call.response.text == "one"
        else:
            raise AssertionError("the time did not run out")
        mock.wait(left, closed=1)
        sleep(0)
        assert llm.invoke(REQUEST).complete().text == "Hello world"
        llm.close()


if len(sys.argv) == 1:
    for each in ("before", "after"):
        subprocess.run([sys.executable, __file__, each], check=True, timeout=80)
else:
    if sys.argv[1] == "before":
        patch()
    from support import HANG, REQUEST, stream, token

    main(sys.argv[1])
