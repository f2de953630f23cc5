"""gevent: while one greenlet waits for a stream the others go on, however much is patched."""

from __future__ import annotations

import json
import subprocess
import threading

import pytest

from support import REQUEST, run_python, stream, token

GREENLETS = 50
HALVES = stream(
    token("Hello"),
    {"await": "go"},
    token(" wor"),
    {"await": "on"},
    token("ld"),
    {"finish": "stop"},
    {"done": True},
)
PATCHES = {
    "all": "monkey.patch_all()",
    "without_threads": "monkey.patch_all(thread=False)",
    "only_select": "monkey.patch_select()",
    "only_sockets": "monkey.patch_socket()",
    "without_select": "monkey.patch_all(select=False)",
}
PROGRAM = """
import json, sys
from gevent import monkey
if "first" in sys.argv:
    PATCH
from liter_llm import LiterLlm
if "late" in sys.argv:
    LiterLlm("openai", api_key="k", base_url=sys.argv[1])
    PATCH
import gevent
REQUEST = json.loads(sys.argv[2])
llm = LiterLlm("openai", api_key="k", base_url=sys.argv[1], retries_max=0)

def read(_):
    call = llm.invoke({**REQUEST, "stream": True})
    return next(call) + "".join(call)

def complete(_):
    return llm.invoke(REQUEST).complete().text

def map_(_):
    return "".join(result.response.text for result in llm.map([REQUEST]))

way = {"read": read, "complete": complete, "map": map_}[sys.argv[3]]
greenlets = [gevent.spawn(way, number) for number in range(GREENLETS)]
gevent.joinall(greenlets)
print({greenlet.get() for greenlet in greenlets}, len(greenlets))
assert len(llm._more_blocking) == 0, "one native client is enough"
llm.close()
"""


@pytest.mark.parametrize("order", ["first", "late"])
@pytest.mark.parametrize("way", ["read", "complete", "map"])
@pytest.mark.parametrize("patch", PATCHES)
def test_greenlets_do_not_wait_for_each_other(mock, patch, way, order):
    """The second half of no stream comes before all of them have begun: one that kept the others
    waiting would wait for ever. So all together take as long as one."""
    key = mock.plan(HALVES)
    code = PROGRAM.replace("PATCH", PATCHES[patch]).replace("GREENLETS", str(GREENLETS))
    ended: list[subprocess.CompletedProcess[str]] = []

    def run() -> None:
        ended.append(
            run_python(code, mock.base_url(key), json.dumps(REQUEST), way, order, timeout=20)
        )

    program = threading.Thread(target=run)
    program.start()
    try:
        mock.wait(key, requests=GREENLETS, timeout_ms=15_000)
        mock.signal(key, "go")
        mock.signal(key, "on")
    finally:
        program.join()

    assert (ended[0].stdout, ended[0].stderr) == (f"{{'Hello world'}} {GREENLETS}\n", "")
