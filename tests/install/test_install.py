"""`make install`, moved elsewhere, and used: pkg-config and CMake, shared and static, C and C++."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import ROOT, Mock

SAMPLES = ROOT / "tests/c/samples"
CMAKE = """
cmake_minimum_required(VERSION 3.13)
project(user C CXX)
find_package(liter_llm 0.1 REQUIRED)
set(CMAKE_CXX_STANDARD 17)
add_executable(user {source})
target_link_libraries(user {target})
"""
SHARED, STATIC = "liter_llm::liter_llm", "liter_llm::static"


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installed below one folder, and moved to another."""
    stage = tmp_path_factory.mktemp("stage")
    run("make", "install", "PREFIX=/usr", f"DESTDIR={stage}", cwd=ROOT)
    moved = tmp_path_factory.mktemp("moved") / "elsewhere"
    shutil.move(stage / "usr", moved)
    return moved


def run(*command: object, cwd: Path, **environment: str) -> str:
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def printed(program: Path, prefix: Path, mock: Mock, shared: bool, *steps: object) -> str:
    key = mock.plan(*(steps or [{"answer": {"text": "Hello world"}}]))
    found = {"LD_LIBRARY_PATH": str(prefix / "lib")} if shared else {}
    address = mock.base_url(key)
    environment = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": address, **found}
    return run(program, cwd=program.parent, **environment)


def built_with_pkg_config(source: str, prefix: Path, tmp_path: Path, shared: bool) -> Path:
    pkg_config = {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    wanted = ["--cflags", "--libs"] if shared else ["--cflags", "--static", "--libs"]
    flags = run("pkg-config", *wanted, "liter_llm", cwd=tmp_path, **pkg_config).split()
    if not shared:
        flags = ["-l:libliter_llm.a" if flag == "-lliter_llm" else flag for flag in flags]
    compiler = ["g++", "-std=c++17"] if source.endswith("cpp") else ["gcc", "-std=c99"]
    compiler += ["-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]
    run(*compiler, "-o", "user", SAMPLES / source, *flags, cwd=tmp_path)
    return tmp_path / "user"


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "static"])
@pytest.mark.parametrize("source", ["invoke.c", "invoke.cpp", "client.cpp"])
def test_pkg_config(source: str, shared: bool, prefix: Path, mock: Mock, tmp_path: Path) -> None:
    program = built_with_pkg_config(source, prefix, tmp_path, shared)
    assert printed(program, prefix, mock, shared).startswith("Hello world\n")
    linked = run("ldd", program, cwd=tmp_path, LD_LIBRARY_PATH=str(prefix / "lib"))
    assert ("libliter_llm.so.0" in linked) == shared


@pytest.mark.parametrize("target", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("source", ["invoke.c", "invoke.cpp", "client.cpp"])
def test_cmake(source: str, target: str, prefix: Path, mock: Mock, tmp_path: Path) -> None:
    text = CMAKE.format(source=SAMPLES / source, target=target)
    (tmp_path / "CMakeLists.txt").write_text(text)
    run("cmake", "-B", "out", f"-DCMAKE_PREFIX_PATH={prefix}", ".", cwd=tmp_path)
    run("cmake", "--build", "out", cwd=tmp_path)
    output = printed(tmp_path / "out/user", prefix, mock, target == SHARED)
    assert output.startswith("Hello world\n")


def test_samples(prefix: Path, mock: Mock, tmp_path: Path) -> None:
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
    hangs = {"raw": [{"head": head}, {"token": "one"}, {"hang": True}]}
    cancel = built_with_pkg_config("cancel.c", prefix, tmp_path, True)
    assert printed(cancel, prefix, mock, True, hangs) == "one\nended: CANCELLED\n"
    thousand = built_with_pkg_config("thousand.c", prefix, tmp_path, True)
    expected = "1000 whole responses, 2000 tokens, 11000 bytes\n"
    assert printed(thousand, prefix, mock, True) == expected
    poll = built_with_pkg_config("poll.c", prefix, tmp_path, True)
    assert "stream 2 ended: OK, stop, " in printed(poll, prefix, mock, True)


def test_go_links_the_shared_library(prefix: Path, mock: Mock, tmp_path: Path) -> None:
    """The tag literllm_shared uses the library that pkg-config names."""
    if shutil.which("go") is None:
        pytest.skip("Go is not here")
    # A cache of its own: Go keeps what it built with the folder that pkg-config named at that time.
    found = {
        "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig"),
        "GOCACHE": str(tmp_path / "cache"),
    }
    command = ["go", "build", "-tags", "literllm_shared", "-o", tmp_path / "user"]
    run(*command, "./samples/stream", cwd=ROOT / "bindings/go", **found)
    assert printed(tmp_path / "user", prefix, mock, True) == "Hello world\n"
    linked = run("ldd", tmp_path / "user", cwd=tmp_path, LD_LIBRARY_PATH=str(prefix / "lib"))
    assert "libliter_llm.so.0" in linked


def test_cpp_errors(prefix: Path, mock: Mock, tmp_path: Path) -> None:
    """An exception of the callback comes out at the end; an error has name, number and JSON."""
    (tmp_path / "errors.cpp").write_text(ERRORS)
    flags = ["-I", prefix / "include", "-L", prefix / "lib", "-lliter_llm"]
    run("g++", "-std=c++17", "-Wall", "-Wextra", "-o", "user", "errors.cpp", *flags, cwd=tmp_path)
    output = printed(tmp_path / "user", prefix, mock, True)
    assert output == "thrown: no more\nINVALID_REQUEST 3 1\nCONFIG\n"


ERRORS = """
#include <iostream>
#include <liter_llm.hpp>
int main() {
  const char *request = R"({"model": "m", "messages": [{"role": "user", "content": "x"}]})";
  try {
    auto refuse = [](std::string_view) { throw std::logic_error("no more"); };
    liter_llm::invoke("openai", request, refuse);
  } catch (const std::logic_error &error) {
    std::cout << "thrown: " << error.what() << std::endl;
  }
  try {
    liter_llm::invoke("openai", "{", [](std::string_view) {});
  } catch (const liter_llm::Error &error) {
    bool json = error.json().find("INVALID_REQUEST") != std::string::npos;
    std::cout << error.name() << ' ' << error.number() << ' ' << json << std::endl;
  }
  liter_llm::Client first, second(std::move(first));
  first = std::move(second);
  try {
    liter_llm::Client client(R"({"no_such_option": 1})");
  } catch (const liter_llm::Error &error) {
    std::cout << error.name() << std::endl;
  }
}
"""
