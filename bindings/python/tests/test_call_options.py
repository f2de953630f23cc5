"""What is no option of a call is refused by every method; a client's options are checked when it
is made, without opening anything."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from liter_llm import ConfigError
from support import REQUEST, ROOT, run_python

SCHEMA = json.loads((ROOT / "core/schema/schema.json").read_text(encoding="utf-8"))
CALLS: dict[str, Callable[..., object]] = {
    "invoke": lambda llm, **options: llm.invoke(REQUEST, **options),
    "embed": lambda llm, **options: llm.embed({"model": "m", "input": "a"}, **options),
    "rerank": lambda llm, **options: llm.rerank({"model": "m"}, **options),
    "models": lambda llm, **options: llm.models(**options),
    "count_tokens": lambda llm, **options: llm.count_tokens(REQUEST, **options),
    "map": lambda llm, **options: llm.map([REQUEST], **options),
    "submit": lambda llm, **options: llm.batch.submit([], **options),
    "status": lambda llm, **options: llm.batch.status("b", **options),
    "results": lambda llm, **options: llm.batch.results("b", **options),
    "cancel": lambda llm, **options: llm.batch.cancel("b", **options),
    "list": lambda llm, **options: llm.batch.list(**options),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_method_refuses_what_is_no_option_of_a_call(connect, name):
    llm = connect("unused")
    for slip in ("timeout", "retry_max", "ca_file", "log_level", "proxy", "extra_headers"):
        with pytest.raises(ConfigError, match=f'"{slip}" is '):
            CALLS[name](llm, **{slip: 5})


def test_every_option_of_a_call_and_field_of_a_request_is_taken(connect):
    """And no option of the client alone, as the core's list has them."""
    llm = connect("unused")
    of_a_call = {entry["name"] for entry in SCHEMA["call_options"] + SCHEMA["request_fields"]}
    for name in of_a_call:
        llm.invoke(REQUEST, **{name: None})
    of_the_client = {entry["name"] for entry in SCHEMA["client_options"]} - of_a_call
    for name in of_the_client:
        with pytest.raises(ConfigError, match=rf"write LiterLlm\({name}=\.\.\.\)"):
            llm.invoke(REQUEST, **{name: None})


MADE = """
import os, threading
from liter_llm import LiterLlm, LlmError
before = len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))
llm = LiterLlm("openai", api_key="k", headers={"x-team": "blue", "~": "1"}, ca_file="/no/such/file")
try:
    LiterLlm("openai", headers={"upgrade": "h2c"})
except LlmError as error:
    print(error)
after = len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))
print(before == after, after[0])
"""


def test_a_client_that_is_made_starts_and_opens_nothing():
    """Though its options are checked, those too that are looked at last."""
    done = run_python(MADE)
    assert done.stdout == "headers.upgrade is set by HTTP itself; leave it out\nTrue 1\n", done
