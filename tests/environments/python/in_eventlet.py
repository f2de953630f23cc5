"""eventlet: one greenlet reads, and the others go on; patched before the import, and after it."""

from __future__ import annotations

import subprocess
import sys
import warnings


def patch() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    import eventlet

    eventlet.monkey_patch()


def main(order: str) -> None:
    from shared import connect, in_two_halves, running_mock

    with running_mock() as mock:
        llm = connect(mock.base_url(mock.plan({"answer": {"text": "Hello world"}})))
        if order == "after":
            assert llm.invoke(REQUEST).complete().text == "Hello world", "used before, unpatched"
            patch()
        import eventlet

        import greenlets

        greenlets.check(mock, llm, in_two_halves, eventlet.spawn, lambda task: task.wait())
        left = mock.plan(stream(token("one"), HANG))
        call = llm.invoke(REQUEST, base_url=mock.base_url(left))
        try:
            with eventlet.Timeout(0.1):
                list(call)
        except eventlet.Timeout:
            assert call.response.text == "one"
        else:
            raise AssertionError("the time did not run out")
        mock.wait(left, closed=1)
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
