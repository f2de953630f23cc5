"""Runs every in_*.py of this folder as a program of its own, with a limit of time.

Makes a Python environment below the given folder with the pinned frameworks and the package,
installs anew what has changed, prints one line for each program, and `N passed, N failed` at the
end. Names after the folder are the programs to run, such as `gevent celery`; without any it is all
of them.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PACKAGE = ROOT / "bindings/python"
SECONDS_MAX = 180


def inputs() -> list[Path]:
    """What the environment is made of."""
    sources = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".toml", ".in")]
    ours = [
        path for path in sources if path.relative_to(PACKAGE).parts[0] not in ("build", "tests")
    ]
    return [HERE / "requirements.txt", Path(os.environ["LITER_LLM_ARCHIVE"]), *sorted(ours)]


def make_environment(folder: Path) -> Path:
    """The interpreter of an environment that is as the sources are now."""
    python, mark = folder / "bin/python", folder / "made-of"
    digest = hashlib.sha256()
    for path in inputs():
        digest.update(path.read_bytes())
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return python
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(PACKAGE)], check=True)
    mark.write_text(digest.hexdigest())
    return python


def run(python: Path, program: Path, work: Path) -> tuple[bool, str]:
    """Whether the program is served, and all that it printed. Its children end with it."""
    work.mkdir(parents=True, exist_ok=True)
    names = {"PYTHONPATH": f"{PACKAGE / 'tests'}{os.pathsep}{HERE}", "ENVIRONMENT_WORK": str(work)}
    started = subprocess.Popen(
        [str(python), "-X", "faulthandler", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=work,
        env={**os.environ, **names},
        start_new_session=True,
    )
    try:
        printed, _ = started.communicate(timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        printed, _ = started.communicate()
        return False, printed.decode(errors="replace") + f"\nnot done after {SECONDS_MAX} s"
    return started.returncode == 0, printed.decode(errors="replace")


def main(folder: Path, wanted: list[str]) -> int:
    """Prints a line for each program; the exit code."""
    python = make_environment(folder / "venv")
    passed = failed = 0
    for program in sorted(HERE.glob("in_*.py")):
        name = program.stem.removeprefix("in_")
        if wanted and name not in wanted:
            continue
        begin = time.monotonic()
        good, printed = run(python, program, folder / name)
        passed, failed = passed + good, failed + (not good)
        word = "served" if good else "FAILED"
        print(f"{word} {name:15} {time.monotonic() - begin:5.1f} s", flush=True)
        if not good:
            print(printed, flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
