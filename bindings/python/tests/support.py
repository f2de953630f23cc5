"""The mock provider as the tests use it: plans in, what it saw out. Loopback only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
import urllib.request
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liter_llm import Message, Request

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "bindings/python"
MESSAGES: list[Message] = [{"role": "user", "content": "Hello"}]
REQUEST: Request = {"model": "gpt-4o-mini", "messages": MESSAGES}
STREAMED: Request = {**REQUEST, "stream": True}
HELLO = {"answer": {"text": "Hello world"}}
FAILURE = {"status": 500, "headers": [["retry-after-ms", "1"]], "body": "{}"}
HANG = {"hang": True}
HEAD = {
    "head": {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
}


def mock_path() -> Path:
    built = ROOT / "tests/mock/target/release/liter-llm-mock"
    return Path(os.environ.get("LITER_LLM_MOCK", built))


def token(text: str) -> dict[str, Any]:
    return {"token": text}


def stream(*actions: dict[str, Any]) -> dict[str, Any]:
    """A step that streams: actions after the head of a response."""
    return {"raw": [HEAD, *actions]}


ONE_THEN_HANG = stream(token("one"), HANG)


def failing(status: int, headers: dict[str, str] | None = None, **error: Any) -> dict[str, Any]:
    """A step that is an error of OpenAI's."""
    fields = {"message": "no", "type": "t", "code": None, **error}
    return {"status": status, "headers": list((headers or {}).items()), "error": fields}


class Mock:
    """A running mock provider, ended when its standard input is closed."""

    def __init__(self, *arguments: str) -> None:
        command = [str(mock_path()), *arguments, "--lifetime-seconds", "900"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.places = json.loads(self.process.stdout.readline())
        self._keys = 0

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def kill(self) -> None:
        self.process.kill()

    def new_key(self, begin: str = "python") -> str:
        """A key that no other test uses."""
        self._keys += 1
        return f"{begin}~{os.getpid()}-{self._keys}"

    def base_url(self, key: str, scheme: str = "http") -> str:
        return f"{self.places[scheme]}/{key}/v1"

    def plan(self, *steps: dict[str, Any], key: str | None = None) -> str:
        """Sets what a key plays, and returns the key."""
        key = key or self.new_key()
        self._call("PUT", f"plans/{key}", {"steps": steps})
        return key

    def seen(self, key: str) -> dict[str, Any]:
        return self._call("GET", f"seen/{key}")

    def wait(self, key: str, timeout_ms: int = 5000, **conditions: Any) -> dict[str, Any]:
        """Returns when requests=, closed=, bytes= or signal= hold; fails at the timeout."""
        query = "&".join(f"{name}={value}" for name, value in conditions.items())
        seen = self._call("GET", f"wait/{key}?{query}&timeout_ms={timeout_ms}")
        assert seen["held"], (conditions, seen)
        return seen

    def never(self, key: str, timeout_ms: int = 1000, **conditions: Any) -> dict[str, Any]:
        """Returns at the timeout; fails when the conditions hold by then."""
        query = "&".join(f"{name}={value}" for name, value in conditions.items())
        seen = self._call("GET", f"wait/{key}?{query}&timeout_ms={timeout_ms}")
        assert not seen["held"], (conditions, seen)
        return seen

    def signal(self, key: str, name: str) -> None:
        """Lets an {"await": name} go on."""
        self._call("POST", f"signal/{key}/{name}")

    def stats(self) -> dict[str, Any]:
        return self._call("GET", "stats")

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.places['http']}/_/{path}", data=data, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            text = answer.read()
        result: dict[str, Any] = json.loads(text) if text else {}
        return result


def keys_sent(mock: Mock, key: str) -> list[str]:
    """The API keys that the provider saw."""
    headers = [header for request in mock.seen(key)["requests"] for header in request["headers"]]
    return [
        value.removeprefix("Bearer ") for name, value in headers if name.lower() == "authorization"
    ]


async def as_coroutine(awaitable: Awaitable[Any]) -> Any:
    """For what takes coroutines only, such as asyncio.run()."""
    return await awaitable


def run_python(
    code: str, *arguments: str, timeout: float = 30, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a program of its own, with everything that it prints."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={"PYTHONWARNINGS": "default", **os.environ, **(environment or {})},
    )


def show(error: BaseException) -> str:
    """All that a tool for error reports would print of an exception and of this package's frames:
    message, attributes, chain, and the locals of each frame."""
    shown: list[str] = []
    chain: list[BaseException | None] = [error]
    for link in chain:
        if link is None or any(link is earlier for earlier in chain[: chain.index(link)]):
            continue
        shown += [repr(link), str(link), repr(link.args), repr(vars(link))]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_globals.get("__name__", "").split(".")[0] in ("liter_llm", "json"):
                shown += [f"{name} = {value!r}" for name, value in frame.f_locals.items()]
        chain += [link.__cause__, link.__context__]
    return "\n".join(shown)


def pieces_shown(secret: str, shown: str) -> list[str]:
    """The pieces of eight characters of a secret that can be read there; all of a short one."""
    starts = range(max(1, len(secret) - 7))
    return [secret[start : start + 8] for start in starts if secret[start : start + 8] in shown]
