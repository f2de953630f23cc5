"""Running servers of llama.cpp; each ends when its input does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the tiny model."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    subprocess.run([os.environ["MODEL_PYTHON"], HERE / "make_model.py", path], check=True)
    return path


@contextmanager
def served(model: Path, kind: str) -> Iterator[str]:
    """The address of a running server of this kind."""
    log_path = model.parent / f"server-{kind}.log"
    with (
        log_path.open("w") as log,
        subprocess.Popen(
            [os.environ["MODEL_PYTHON"], HERE / "serve_model.py", model, "0", kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert address, log_path.read_text()
        yield address
        server.terminate()


@pytest.fixture(scope="session")
def base_url(model: Path) -> Iterator[str]:
    """Chat."""
    with served(model, "chat") as address:
        yield address + "/v1"


@pytest.fixture(scope="session")
def embeddings_url(model: Path) -> Iterator[str]:
    """Embeddings."""
    with served(model, "embeddings") as address:
        yield address + "/v1"


@pytest.fixture(scope="session")
def rerank_url(model: Path) -> Iterator[str]:
    """Reranking."""
    with served(model, "rerank") as address:
        yield address + "/v1"
