"""One mock provider for all tests; a LiterLlm and an event loop for each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import liter_llm
from loops import LOOPS
from support import Mock, mock_path

for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]:
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    if not mock_path().exists():
        pytest.fail(f"the mock provider is not built: {mock_path()}")
    running = Mock()
    yield running
    running.stop()


class Connect:
    """Makes LiterLlm objects that talk to the mock under a key, and closes them afterwards."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.made: list[liter_llm.LiterLlm] = []

    def __call__(self, key: str, **options: Any) -> liter_llm.LiterLlm:
        defaults: dict[str, Any] = {
            "provider": "openai",
            "api_key": "test-key",
            "base_url": self.mock.base_url(key),
            "retries_max": 0,
        }
        llm = liter_llm.LiterLlm(**{**defaults, **options})
        self.made.append(llm)
        return llm


@pytest.fixture
def connect(mock: Mock) -> Iterator[Connect]:
    made = Connect(mock)
    yield made
    for llm in made.made:
        llm.close()


@pytest.fixture(params=LOOPS.values(), ids=LOOPS)
def make_loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    make: Callable[[], asyncio.AbstractEventLoop] = request.param
    return make


@pytest.fixture
def loop(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> Iterator[asyncio.AbstractEventLoop]:
    made = make_loop()
    yield made
    made.close()
