"""The programs of docs/scale.md, against the mock."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet
from rows import ALL, read_lines

from support import PACKAGE, Mock

SAMPLE = "sample"
SAMPLES = PACKAGE / "samples/scale"
pytestmark = pytest.mark.usefixtures("cluster")


@pytest.fixture
def folder(mock: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mock.plan(ALL, key=SAMPLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sample", str(tmp_path)])
    return tmp_path


def counted(mock: Mock) -> Any:
    return mock._call("GET", f"bulk/{SAMPLE}")["sum"][3]


def test_ray_rows(mock: Mock, folder: Path) -> None:
    """Run again, it asks nothing; with another note, it asks that one."""
    for count in (20, 20, 21):
        names, texts = [f"n{it}" for it in range(count)], [f"text {it}" for it in range(count)]
        parquet.write_table(pyarrow.table({"note_id": names, "text": texts}), "notes.parquet")

        runpy.run_path(str(SAMPLES / "ray_rows.py"))

        assert counted(mock) == count
        lines = read_lines(folder / "answers")
        assert Counter(line["custom_id"] for line in lines) == Counter(names)
    message = lines[0]["response"]["body"]["choices"][0]["message"]["content"]
    assert message.startswith("answer to Summarise in one sentence: text ")


def test_dask_rows(mock: Mock, folder: Path) -> None:
    names, prompts = [f"r{it}" for it in range(30)], [f"row {it}" for it in range(30)]
    parquet.write_table(pyarrow.table({"custom_id": names, "prompt": prompts}), "rows.parquet")

    runpy.run_path(str(SAMPLES / "dask_rows.py"))

    answers = parquet.read_table(folder / "answers").to_pylist()
    expected = {name: f"answer to {prompt}" for name, prompt in zip(names, prompts)}
    assert {row["custom_id"]: row["text"] for row in answers} == expected
