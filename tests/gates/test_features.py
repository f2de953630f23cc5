"""Which choices of features are linted."""

from __future__ import annotations

import features

FFI = {
    "default": ["jemalloc", "chat"],
    "jemalloc": ["dep:jemallocator"],
    "chat": ["liter-llm-core/chat"],
    "responses": ["chat", "liter-llm-core/responses"],
}
CORE = {"default": ["chat"], "chat": [], "responses": ["chat"]}
NAMES = {name: features.brought(name, FFI) for name in ("jemalloc", "chat", "responses")}


def test_each_alone_with_what_it_brings_along() -> None:
    assert set(features.choices(NAMES, "alone")) == {
        frozenset({"jemalloc"}),
        frozenset({"chat"}),
        frozenset({"chat", "responses"}),
    }


def test_none_all_and_all_but_one() -> None:
    more = set(features.choices(NAMES, "matrix")) - set(features.choices(NAMES, "alone"))
    assert more == {
        frozenset(),
        frozenset({"jemalloc", "chat", "responses"}),
        frozenset({"jemalloc", "chat"}),  # without responses; without chat only jemalloc is left
    }


def test_both_crates_get_the_features_that_they_have() -> None:
    both = {"liter-llm": CORE, "liter-llm-ffi": FFI}
    command = features.command_of(frozenset({"chat", "jemalloc"}), both)
    chosen = "liter-llm-ffi/chat,liter-llm-ffi/jemalloc,liter-llm/chat"
    assert f"--features={chosen}" in command
    assert "--no-default-features" in command


def test_every_feature_of_this_repository_is_chosen() -> None:
    found = features.read_features()
    assert {"anthropic", "openai", "script"} <= found["liter-llm"].keys()
    assert found["liter-llm"].keys() <= found["liter-llm-ffi"].keys()
