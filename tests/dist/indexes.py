"""Package indexes on loopback that have what is in dist/: of Python (the simple repository API) and
of npm (a document for each package, and its archives). They are read-only and know only the
requests of installers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

# What a path is answered with: type and content.
Answer = tuple[str, bytes]
Answers = Callable[[str, str], "Answer | None"]


class Index:
    """A server of one index; `asked` has the paths that were asked for."""

    def __init__(self, answers: Answers) -> None:
        self.asked: list[str] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(self.path.partition("?")[0])
                index.asked.append(path)
                kind, content = answers(path, index.url) or ("", b"")
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing: `asked` has it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def serving(answers: Answers) -> Iterator[Index]:
    """Serves until the end of the block."""
    index = Index(answers)
    thread = threading.Thread(target=index.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield index
    finally:
        index.server.shutdown()
        index.server.server_close()
        thread.join()


def of_python(files: Iterable[Path]) -> Answers:
    """Wheels and source archives: a page for each project, with a link to each file."""
    known = {path.name: path for path in files}
    projects: dict[str, list[str]] = {}
    for name in sorted(known):
        projects.setdefault(name.split("-")[0].replace("_", "-").lower(), []).append(name)

    def answers(path: str, url: str) -> Answer | None:
        folder, _, name = path.strip("/").partition("/")
        if folder == "files" and name in known:
            return "application/octet-stream", known[name].read_bytes()
        if folder != "simple" or name not in projects:
            return None
        links = []
        for file in projects[name]:
            digest = hashlib.sha256(known[file].read_bytes()).hexdigest()
            links.append(f'<a href="{url}/files/{file}#sha256={digest}">{file}</a><br>\n')
        return "text/html", f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()

    return answers


def package_of(archive: Path) -> dict[str, Any]:
    """package.json of a package of npm."""
    with tarfile.open(archive) as opened:
        member = opened.extractfile("package/package.json")
        assert member
        package: dict[str, Any] = json.load(member)
    return package


def of_npm(archives: Iterable[Path]) -> Answers:
    """Packages that have one version each."""
    files = {path.name: path for path in archives}
    packages = {package["name"]: (path, package) for path in files.values()
                for package in [package_of(path)]}  # fmt: skip

    def document(path: Path, package: dict[str, Any], url: str) -> bytes:
        content = path.read_bytes()
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": f"{url}/-/{path.name}", "integrity": f"sha512-{digest}"}
        name, version = package["name"], package["version"]
        versions = {version: {**package, "_id": f"{name}@{version}", "dist": dist}}
        known = {"name": name, "dist-tags": {"latest": version}, "versions": versions}
        return json.dumps(known).encode()

    def answers(path: str, url: str) -> Answer | None:
        name = path.removeprefix("/")
        if re.match("-/", name) and name[2:] in files:
            return "application/octet-stream", files[name[2:]].read_bytes()
        if name not in packages:
            return None
        return "application/json", document(*packages[name], url)

    return answers
