"""A real redis-server, a real Ray of two workers and the mock provider, all on loopback."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_server import Redis

from support import Mock

SAMPLE = "sample"
"""The key of the mock that programs without a base URL of their own talk to."""
OBJECT_STORE_BYTES = 160 * 1024 * 1024
for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]:
    os.environ.pop(name, None)
# Workers of Ray inherit these. Nothing is reported, nothing but loopback is used.
os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # the address is that of loopback
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    running = Redis(tmp_path)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def cluster(mock: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two workers at a time, whose environment has a key, a provider and a Redis."""
    import ray

    # Sockets have short names, and pytest's folders have long ones.
    folder = tempfile.mkdtemp(prefix="scale-")
    lasting = Redis(tmp_path_factory.mktemp("redis"))
    given = {
        "OPENAI_API_KEY": "key-of-the-environment",
        "OPENAI_BASE_URL": mock.base_url(SAMPLE),
        "LITER_LLM_REDIS_URL": lasting.url,
    }
    os.environ |= given
    ray.init(
        num_cpus=2,
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=False,
        _temp_dir=folder,
        log_to_driver=False,
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()
    for name in given:
        os.environ.pop(name)
    lasting.stop()
    shutil.rmtree(folder, ignore_errors=True)
