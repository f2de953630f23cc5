"""The mock provider of the Python tests, and what the tests of all adapters say of a stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings/python/tests"))
for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]:
    os.environ.pop(name, None)

from support import ROOT, Mock, mock_path  # noqa: E402


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    if not mock_path().exists():
        pytest.fail(f"the mock provider is not built: {mock_path()}")
    running = Mock("--vectors", str(ROOT / "tests/vectors"))
    yield running
    running.stop()


class Place:
    """A key of the mock, and the options of a client that talks to it."""

    def __init__(self, mock: Mock, key: str) -> None:
        self.mock = mock
        self.key = key
        self.options = {"base_url": mock.base_url(key), "api_key": "test-key", "retries_max": 0}

    def asked(self, index: int = -1) -> dict[str, object]:
        """The body of a request that was received."""
        body = self.mock.seen(self.key)["requests"][index]["body"]
        assert isinstance(body, dict)
        return body


@pytest.fixture
def plan(mock: Mock):
    """Sets what the provider plays; gives the place to ask."""

    def set_plan(*steps: dict[str, object]) -> Place:
        return Place(mock, mock.plan(*steps))

    return set_plan
