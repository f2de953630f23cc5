"""Celery: a client that the worker's main process has used, in tasks of forked processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_init

from shared import HELLO, WORK, ask, connect, running_mock
from support import REQUEST

folders = {name: WORK / name for name in ("queue", "control", "results")}
for folder in folders.values():
    folder.mkdir(exist_ok=True)
app = Celery("in_celery", broker="filesystem://", backend=f"file://{folders['results']}")
app.conf.broker_transport_options = {
    "data_folder_in": str(folders["queue"]),
    "data_folder_out": str(folders["queue"]),
    "control_folder": str(folders["control"]),
}
app.conf.broker_connection_retry_on_startup = False
llm = connect(os.environ.get("APP_BASE_URL", "http://127.0.0.1:9/v1"))


@worker_init.connect
def use_in_main_process(**_: Any) -> None:
    assert ask(llm) == "Hello world"


@app.task
def invoke() -> tuple[str, int]:
    """The streamed text, and the process that got it."""
    return "".join(llm.invoke(REQUEST)), os.getpid()


@app.task
def invoke_on_loop() -> tuple[str, int]:
    """The same with an event loop of its own."""
    import asyncio

    async def main() -> str:
        return (await llm.invoke(REQUEST)).text

    return asyncio.run(main()), os.getpid()


def main() -> None:
    with running_mock() as mock:
        command = [sys.executable, "-m", "celery", "-A", "in_celery", "worker"]
        command += ["--pool=prefork", "--concurrency=2", "--loglevel=WARNING", "--without-gossip"]
        worker = subprocess.Popen(
            [*command, "--without-mingle", "--without-heartbeat"],
            env={**os.environ, "APP_BASE_URL": mock.base_url(mock.plan(HELLO))},
        )
        try:
            waiting = [task.delay() for task in (invoke, invoke_on_loop) * 4]
            results = [result.get(timeout=60, interval=0.05) for result in waiting]
        finally:
            worker.terminate()
            worker.wait(30)
        assert [text for text, _ in results] == ["Hello world"] * 8
        assert worker.pid not in {process for _, process in results}


if __name__ == "__main__":
    main()
