"""What JSON text is so far: by jiter, by pydantic, and by hand, for every first part of a text."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from liter_llm import _partial_json
from liter_llm._partial_json import read_by_hand, read_partial

WHOLE = {
    "name": 'Ham"burg\\',
    "text, with {[]}": "a\n\u00e9\U0001f600 b, [c",
    "lists": [[], [1, [2.5e3, -3]], {"a": None, "b": {}}],
    "flags": {"yes": True, "no": False},
    "": "end",
}
TEXTS = [
    json.dumps(WHOLE),
    json.dumps(WHOLE, ensure_ascii=False, indent=1),
    '["a", "b"]',
    '"a\\nb"',
]


@pytest.fixture(params=["jiter", "pydantic", "by hand"])
def read(request, monkeypatch):
    missing = {"jiter": [], "pydantic": ["jiter"], "by hand": ["jiter", "pydantic_core"]}
    for name in missing[request.param]:
        monkeypatch.setitem(sys.modules, name, None)
    _partial_json._find_reader.cache_clear()
    yield read_partial
    _partial_json._find_reader.cache_clear()


def is_prefix(part: Any, whole: Any) -> bool:
    """Whether one value is a first part of another."""
    if isinstance(part, dict) and isinstance(whole, dict):
        names = list(part)
        return names == list(whole)[: len(names)] and all(
            is_prefix(part[name], whole[name]) for name in names
        )
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(is_prefix, part, whole))
    if isinstance(part, str) and isinstance(whole, str):
        return whole.startswith(part)
    if type(part) in (int, float) and type(whole) in (int, float):
        return True  # digits may be to come
    return part == whole


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_first_part_is_a_part_of_the_whole(read, text):
    whole = json.loads(text)
    size = 0
    for end in range(len(text) + 1):
        part = read(text[:end])
        assert part is None or is_prefix(part, whole), (text[:end], part)
        grown = 0 if part is None else len(json.dumps(part))
        assert grown > size - 10, (text[:end], part)  # half a number may be left out
        size = grown
    assert read(text) == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("  ", None),
        ("{", {}),
        ('{"a', {}),
        ('{"a": ', {}),
        ('{"a": "b', {"a": "b"}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": "b\\u00', {"a": "b"}),
        ('{"a": "b", "c\\n\\n\\n\\n\\n', {"a": "b"}),
        ('{"a": [1, {"b": tr', {"a": [1, {}]}),
        ('{"a": "\\ud83d', {"a": ""}),
        ('{"a": "\\ud83d\\ude00', {"a": "\U0001f600"}),
        ("no JSON", None),
    ],
)
def test_what_is_open_is_closed_by_hand(text, expected):
    assert read_by_hand(text) == expected
