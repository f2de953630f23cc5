"""What the tests of dist/ share: a mock provider, and artefacts by their kind."""

from __future__ import annotations

from collections.abc import Iterator
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
