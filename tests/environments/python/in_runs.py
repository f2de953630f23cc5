"""asyncio.run() twenty times, as a script or a job queue does: one connection for all of them."""

from __future__ import annotations

import asyncio
import concurrent.futures

from shared import HELLO, connect, running_mock
from support import REQUEST


async def job(kind: str) -> str:
    if kind == "await":
        return (await llm.invoke(REQUEST)).text
    return "".join([piece async for piece in llm.invoke(REQUEST)])


with running_mock() as mock:
    key = mock.plan(HELLO)
    llm = connect(mock.base_url(key))
    for number in range(20):
        assert asyncio.run(job("await" if number % 2 else "for")) == "Hello world"
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        for number in range(5):
            text = threads.submit(asyncio.run, job("await" if number % 2 else "for")).result()
            assert text == "Hello world"
    requests = mock.seen(key)["requests"]
    connections = {sent["connection"] for sent in requests}
    assert (len(requests), len(connections)) == (25, 1), connections
    llm.close()
