"""What the tests of dist/ share: a mock provider, and artefacts by their kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from users import User

from support import Mock


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


@pytest.fixture
def user(mock: Mock, tmp_path: Path) -> User:
    """Somebody in an empty folder outside the repository."""
    return User(mock, tmp_path)


@pytest.fixture
def ran(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """For a test to say which version it had, and what it measured; table.py shows it."""
    return lambda text: record_property("ran", text)
