"""What people write who come from other libraries gets an error that shows the right line; a loop
that is blocked is warned of once."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from liter_llm import ConfigError, InvalidRequestError, LiterLlm, Text, Usage
from support import HELLO, REQUEST, as_coroutine, run_python, show

INVOKE = 'llm.invoke({"model": ..., "messages": [...]})'
WHOLE = f"write `response = await {INVOKE}`, or .complete() without an event loop"
STREAMED = f"write `async for token in {INVOKE}`, or `for` without an event loop"
ITERATED = "this is the whole response, which response.text has; to read it piece by piece, "


async def stream_of_openai(llm: LiterLlm) -> None:
    response: Any = await llm.invoke({**REQUEST, "stream": True})
    async for chunk in response:
        print(chunk.choices[0].delta.content)


def stream_of_openai_on_a_thread(llm: LiterLlm) -> None:
    response: Any = llm.invoke({**REQUEST, "stream": True}).complete()
    for chunk in response:
        print(chunk.choices[0].delta.content)


HABITS: dict[str, tuple[Callable[[Any], object], type[Exception], str]] = {
    "client": (
        lambda llm: llm.chat.completions.create(model="m", messages=[]),
        AttributeError,
        f"'LiterLlm' object has no attribute 'chat'; {WHOLE}; to stream, {STREAMED}",
    ),
    "anthropic": (
        lambda llm: llm.messages.create(model="m", messages=[]),
        AttributeError,
        f"'LiterLlm' object has no attribute 'messages'; {WHOLE}; to stream, {STREAMED}",
    ),
    "stream_method": (
        lambda llm: llm.stream(REQUEST),
        AttributeError,
        f"'LiterLlm' object has no attribute 'stream'; {STREAMED}",
    ),
    "unknown_method": (
        lambda llm: llm.frobnicate(),
        AttributeError,
        "'LiterLlm' object has no attribute 'frobnicate'",
    ),
    "await_then_async_for": (
        lambda llm: asyncio.run(stream_of_openai(llm)),
        TypeError,
        ITERATED + "write `async for token in llm.invoke(request)` without await",
    ),
    "complete_then_for": (
        stream_of_openai_on_a_thread,
        TypeError,
        ITERATED + "write `for token in llm.invoke(request)` without complete()",
    ),
    "choices_of_a_stream": (
        lambda llm: llm.invoke(REQUEST).choices,
        AttributeError,
        "'Stream' object has no attribute 'choices'; await the stream, or call complete(), and use"
        " response.text",
    ),
    "choices_of_a_response": (
        lambda llm: llm.invoke(REQUEST).complete().choices[0].message.content,
        AttributeError,
        "'Response' object has no attribute 'choices'; use response.text, response.tool_calls or"
        " response.message",
    ),
    "events_of_a_response": (
        lambda llm: llm.invoke(REQUEST).complete().events(),
        AttributeError,
        "'Response' object has no attribute 'events'; write `async for event in"
        " llm.invoke(request).events()` without await",
    ),
    "model_dump": (
        lambda llm: llm.invoke(REQUEST).complete().model_dump(),
        AttributeError,
        "'Response' object has no attribute 'model_dump'; use response.to_dict()",
    ),
    "choices_of_an_event": (
        lambda llm: [
            chunk.choices for chunk in llm.invoke(REQUEST).events() if type(chunk) is Text
        ],
        AttributeError,
        "'Text' object has no attribute 'choices'; use event.text",
    ),
    "usage": (
        lambda llm: Usage(1, 2, 3, 0, 0, 0, 1, 2, {}).prompt_tokens,  # type: ignore[attr-defined]
        AttributeError,
        "'Usage' object has no attribute 'prompt_tokens'; use usage.input_tokens",
    ),
    "a_response_among_the_messages": (
        lambda llm: llm.invoke(
            {"model": "m", "messages": [llm.invoke(REQUEST).complete()]}
        ).complete(),
        InvalidRequestError,
        "messages[0]: expected JSON (str, number, bool, None, list or dict), got Response;"
        " a conversation goes on with response.message",
    ),
    "timeout_in_seconds": (
        lambda llm: LiterLlm("openai", timeout=30),  # type: ignore[call-arg]
        ConfigError,
        'option "timeout" is unknown; did you mean "key_timeout_ms", "idle_timeout_ms" or'
        ' "total_timeout_ms"?',
    ),
}


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_answered_with_the_line_that_is_meant(mock, connect, name):
    use, kind, text = HABITS[name]
    llm = connect(mock.plan(HELLO), api_key="sk-hidden-0123456789")
    with pytest.raises(kind) as caught:
        use(llm)
    assert str(caught.value) == text
    assert "hidden" not in show(caught.value)


IN_A_LOOP = """
import asyncio, sys, warnings
from liter_llm import LiterLlm
warnings.simplefilter("always")
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
llm = LiterLlm("openai", api_key="k", base_url=sys.argv[1])

def several():
    text = "".join(llm.invoke(REQUEST)) + llm.invoke(REQUEST).complete().text  # this line
    return text + "".join(result.response.text for result in llm.map([REQUEST]))

several()
async def main():
    return several()
SETUP
with warnings.catch_warnings(record=True) as caught:
    print(asyncio.run(main()))
for warning in caught:
    lines = open(warning.filename).read().splitlines() if warning.filename[0] == "/" else []
    print(warning.category.__name__, warning.lineno, warning.message)
"""


def read_in_a_loop(mock, setup: str) -> list[str]:
    code = textwrap.dedent(IN_A_LOOP).replace("SETUP", setup)
    done = run_python(code, mock.base_url(mock.plan(HELLO)))
    assert done.stderr == ""
    text, *warned = done.stdout.splitlines()
    assert text == "Hello world" * 3
    return warned


def test_a_loop_that_is_blocked_is_warned_of_once(mock):
    """Reading works all the same; outside of a loop nothing is said."""
    assert read_in_a_loop(mock, "") == [
        "RuntimeWarning 9 `for` and complete() block the event loop that runs here; write"
        " `async for token in llm.invoke(request)` or `response = await llm.invoke(request)`"
    ]


def test_a_notebook_is_not_warned(mock):
    """Its loop always runs, and a cell may block. IPython sets this name, as it documents."""
    assert read_in_a_loop(mock, "import builtins; builtins.__IPYTHON__ = True") == []


@pytest.mark.parametrize("way", ["stream", "call"])
def test_top_level_await_works(mock, connect, loop, way):
    """A notebook awaits a cell's own coroutine on the loop that it has."""
    llm = connect(mock.plan(HELLO))
    call = llm.invoke(REQUEST) if way == "stream" else llm.stats()
    assert loop.run_until_complete(as_coroutine(call)) is not None
