"""(g): what it costs to begin. Import time, start to exit with two responses, sizes, threads."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from measure import DRIVER_CORE, ROOT, commands, driven, missing, mock

IMPORTS = {
    "python": "liter_llm",
    "aiohttp": "aiohttp, orjson",
    "openai": "openai",
    "published": "liter_llm",
}
ROUNDS = 5
LIBRARY = ROOT / "build" / "lib" / "libliter_llm.so.0"
Row = dict[str, float | str]


def import_ms(python: str, modules: str) -> float:
    """In a fresh process, by its own clock."""
    code = (
        f"import time; began = time.perf_counter(); import {modules}; "
        "print((time.perf_counter() - began) * 1000)"
    )
    command = ["taskset", "-c", DRIVER_CORE, python, "-c", code]
    times = [float(subprocess.check_output(command, text=True)) for _ in range(ROUNDS)]
    return statistics.median(times)


def threads(python: str, modules: str) -> float:
    """After the import."""
    code = (
        f"import {modules}; print([line.split()[1] for line in open('/proc/self/status')"
        " if line.startswith('Threads')][0])"
    )
    return float(subprocess.check_output([python, "-c", code], text=True))


def two_answers_ms(driver: str, base_url: str) -> float | None:
    """From the start of a process to its end, with two responses of one token between.

    None where they did not come: a driver that fails early would be the fastest of all.
    """
    command = ["taskset", "-c", DRIVER_CORE, *commands()[driver], "--base-url", base_url]
    command += ["--key", f"tokens~1~0~{driver}", "--streams", "1", "--concurrency", "1"]
    command += ["--tokens", "1"]
    times = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        output = driven(command, 60).stdout
        times.append((time.monotonic() - began) * 1000)
        if not output.startswith("{") or json.loads(output.splitlines()[-1])["tokens"] != 1:
            return None
    return statistics.median(times)


def installed_mib(python: str) -> float:
    """All that was installed beside pip and setuptools, compiled files of Python left out."""
    packages = Path(python).parents[1] / "lib"
    total = 0
    for path in packages.rglob("*"):
        tools = {"pip", "setuptools", "pkg_resources", "_distutils_hack", "__pycache__"}
        if path.is_file() and not any(part.split("-")[0] in tools for part in path.parts):
            total += path.stat().st_size
    return total / 2**20


def stripped_mib(library: Path) -> float:
    """A shared library without its symbols."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / library.name
        shutil.copy(library, copy)
        subprocess.run(["strip", "--strip-all", str(copy)], check=True)
        return copy.stat().st_size / 2**20


def package_mib() -> float:
    """Our package as it is installed, with the core inside, and the one package that it needs."""
    python = commands()["python"][0]
    code = "import liter_llm; print(liter_llm.__file__)"
    place = Path(subprocess.check_output([python, "-c", code], text=True).strip()).parents[1]
    parts = ("liter_llm/**/*", "cffi/**/*", "pycparser/**/*", "_cffi_backend*")
    files = (path for part in parts for path in place.glob(part))
    counted = (path for path in files if path.is_file() and path.suffix != ".pyc")
    return sum(path.stat().st_size for path in counted) / 2**20


def rows() -> dict[str, Row]:
    """A row for each driver that is there."""
    found: dict[str, Row] = {}
    with mock() as server:
        for driver in ("c", *IMPORTS):
            if missing(driver):
                continue
            took_ms = two_answers_ms(driver, server.places["http"])
            row: Row = {"two_answers_ms": "failed" if took_ms is None else took_ms}
            if driver == "c":
                row["installed_mib"] = stripped_mib(LIBRARY)
            else:
                python = commands()[driver][0]
                row["import_ms"] = import_ms(python, IMPORTS[driver])
                row["threads"] = threads(python, IMPORTS[driver])
                row["installed_mib"] = (
                    package_mib() if driver == "python" else installed_mib(python)
                )
            found[driver] = row
    return found
