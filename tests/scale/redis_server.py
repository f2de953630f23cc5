"""Redis: a redis-server of its own for a test, that can be lost and come back."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path


class Redis:
    """A redis-server that can be lost and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("redis-server")
        assert found is not None, "redis-server is not here; make setup installs it"
        self._program = found
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Returns when it takes connections. It keeps nothing on disk."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                return
        raise AssertionError(f"redis-server ended: {self._process.wait()}")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
