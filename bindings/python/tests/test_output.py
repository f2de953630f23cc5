"""invoke(request, output=...): the schema that is sent, the output that comes, and what happens
when the model's text is not one."""

from __future__ import annotations

import asyncio
import dataclasses
import pickle
from types import SimpleNamespace
from typing import Any, Optional, Union

import pydantic
import pytest
from typing_extensions import TypedDict

import liter_llm
from liter_llm import OutputError
from liter_llm._output_stream import PartialIterator
from liter_llm._shape import shape_of
from support import HELLO, MESSAGES, REQUEST, pieces_shown, show, stream, token


class City(pydantic.BaseModel):
    name: str
    population: int


@dataclasses.dataclass
class Place:
    city: str
    country: Optional[str] = None


class Weather(TypedDict):
    city: str
    degrees: float


HAMBURG = '{"name": "Hamburg", "population": 1900000}'
KEPT = City(name="Hamburg", population=1_900_000)


def said(text: str) -> dict[str, Any]:
    """A step that answers with this text, streamed or whole."""
    return {"answer": {"text": text}}


def bodies(mock: Any, key: str) -> list[dict[str, Any]]:
    return [request["body"] for request in mock.seen(key)["requests"]]


def sent_schema(mock: Any, key: str) -> dict[str, Any]:
    schema: dict[str, Any] = bodies(mock, key)[0]["response_format"]["json_schema"]
    return schema


def test_a_model_comes_back_as_the_model(mock, connect):
    key = mock.plan(said(HAMBURG))

    reply = connect(key).invoke(REQUEST, output=City).complete()

    assert reply.output == KEPT
    assert reply.text == HAMBURG
    assert isinstance(reply, liter_llm.Response)
    assert sent_schema(mock, key) == {
        "name": "City",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "population": {"type": "integer"}},
            "required": ["name", "population"],
            "additionalProperties": False,
        },
    }


def test_it_comes_on_an_event_loop(mock, connect):
    key = mock.plan(said(HAMBURG))

    async def ask() -> City:
        reply = await connect(key).invoke(REQUEST, output=City)
        return reply.output

    assert asyncio.run(ask()) == KEPT


@pytest.mark.parametrize(
    ("output", "text", "expected"),
    [
        (Place, '{"city": "Hamburg", "country": null}', Place("Hamburg")),
        (Weather, '{"city": "Hamburg", "degrees": 7}', {"city": "Hamburg", "degrees": 7.0}),
        (list[City], '{"value": [' + HAMBURG + "]}", [KEPT]),
        (Union[City, Place], '{"value": {"city": "Hamburg", "country": null}}', Place("Hamburg")),
        (Optional[int], '{"value": null}', None),
        (bool, '{"value": true}', True),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (City, f"```json\n{HAMBURG}\n```\n", KEPT),
    ],
    ids=str,
)
def test_other_types_come_back_as_they_are(mock, connect, output, text, expected):
    key = mock.plan(said(text))

    reply = connect(key).invoke(REQUEST, output=output).complete()

    assert reply.output == expected
    sent = sent_schema(mock, key)
    assert sent["schema"]["type"] == "object"
    assert sent["strict"] is (output != dict[str, int])


def test_the_schema_takes_the_providers_form(mock):
    key = mock.plan(said(HAMBURG))
    address = f"{mock.places['http']}/{key}"
    with liter_llm.LiterLlm("anthropic", api_key="test-key", base_url=address) as llm:
        reply = llm.invoke(REQUEST, output=City).complete()

    assert reply.output == KEPT
    sent = bodies(mock, key)[0]["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["required"] == ["name", "population"]


WRONG = [
    ("no JSON at all", "invalid", "Invalid JSON"),
    ('{"name": "Hamburg"}', "invalid", "population: Field required"),
    ('{"name": "Hamburg", "popul', "invalid", "Invalid JSON"),
    ("", "empty", "has no text"),
]


@pytest.mark.parametrize(("text", "reason", "message"), WRONG)
def test_what_is_not_of_the_type_is_an_error_with_its_text(mock, connect, text, reason, message):
    llm = connect(mock.plan(said(text)))

    with pytest.raises(OutputError, match=message) as caught:
        llm.invoke(REQUEST, output=City).complete()

    error = caught.value
    assert (error.kind, error.reason, error.text) == ("OUTPUT", reason, text)
    assert isinstance(error, liter_llm.LlmError)
    assert error.response is error.partial
    assert error.response is not None
    assert error.response.text == text
    assert error.retryable
    assert "\n" not in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.text, copy.reason) == (str(error), text, reason)
    assert copy.response == error.response


def test_json_that_was_cut_says_so(mock, connect):
    cut = stream(token('{"name": "Ham'), {"finish": "length"}, {"done": True})
    stopped = connect(mock.plan(cut)).invoke({**REQUEST, "stream": True}, output=City)

    with pytest.raises(OutputError, match="raise max_tokens") as caught:
        stopped.complete()

    assert (caught.value.reason, caught.value.text) == ("cut", '{"name": "Ham')
    assert not caught.value.retryable


def test_a_cut_connection_stays_a_truncated_error(mock, connect):
    cut = stream(token('{"name": "Ham'), {"reset": True})
    stopped = connect(mock.plan(cut)).invoke({**REQUEST, "stream": True}, output=City)

    with pytest.raises(liter_llm.TruncatedError) as caught:
        stopped.complete()

    assert caught.value.partial is not None
    assert caught.value.partial.text == '{"name": "Ham'


def test_a_refusal_is_an_error_and_not_asked_again(mock, connect):
    refusal = {"choices": [{"index": 0, "delta": {"refusal": "I cannot say."}}]}
    key = mock.plan(stream({"sse": refusal}, {"finish": "stop"}, {"done": True}))
    asked = connect(key).invoke({**REQUEST, "stream": True}, output=City, output_retries=3)

    with pytest.raises(OutputError, match=r"the model refused: I cannot say\.") as caught:
        asked.complete()

    assert (caught.value.reason, len(bodies(mock, key))) == ("refused", 1)


CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": "{}"},
}


def test_a_response_that_calls_tools_is_no_error_until_its_output_is_used(mock, connect):
    calls = {"choices": [{"index": 0, "delta": {"tool_calls": [CALL]}}]}
    key = mock.plan(stream({"sse": calls}, {"finish": "tool_calls"}, {"done": True}))

    reply = connect(key).invoke({**REQUEST, "stream": True}, output=City).complete()

    assert [call.name for call in reply.tool_calls] == ["weather"]
    with pytest.raises(OutputError, match="run them first") as caught:
        _ = reply.output
    assert caught.value.reason == "tool_calls"


def test_an_invalid_one_is_asked_for_again_with_what_was_wrong(mock, connect):
    key = mock.plan(said('{"name": "Hamburg", "population": "many"}'), said(HAMBURG))

    reply = connect(key).invoke(REQUEST, output=City, output_retries=1).complete()

    assert reply.output == KEPT
    first, second = bodies(mock, key)
    assert first["messages"] == MESSAGES
    question, answer, repair = second["messages"]
    assert question == MESSAGES[0]
    assert (answer["role"], answer["content"]) == (
        "assistant",
        '{"name": "Hamburg", "population": "many"}',
    )
    assert repair["role"] == "user"
    assert "population: Input should be a valid integer" in repair["content"]
    assert second["response_format"] == first["response_format"]


def test_it_is_asked_again_as_often_as_was_said(mock, connect):
    key = mock.plan(said("one"), said("two"), said("three"), said(HAMBURG))

    async def ask() -> None:
        await connect(key).invoke(REQUEST, output=City, output_retries=2)

    with pytest.raises(OutputError) as caught:
        asyncio.run(ask())

    assert caught.value.text == "three"
    assert len(bodies(mock, key)) == 3


def test_a_stream_that_was_read_is_not_asked_again(mock, connect):
    key = mock.plan(stream(token("no"), {"finish": "stop"}, {"done": True}), said(HAMBURG))
    asked = connect(key).invoke(REQUEST, output=City, output_retries=1)

    with pytest.raises(OutputError):
        "".join(asked)

    assert asked.response.text == "no"
    assert len(bodies(mock, key)) == 1


def test_a_stream_that_was_begun_is_not_asked_again(mock, connect):
    """Its reader would get the text of two responses."""
    steps = stream(token("no"), token("ne"), {"finish": "stop"}, {"done": True}), said(HAMBURG)
    key = mock.plan(*steps)
    asked = connect(key).invoke(REQUEST, output=City, output_retries=1)

    assert next(asked) == "no"
    with pytest.raises(OutputError) as caught:
        asked.complete()

    assert caught.value.text == "none"
    assert len(bodies(mock, key)) == 1


PIECES = ['{"na', 'me": "Ham', 'burg", "popula', 'tion": 19', "00000}"]
STREAMED = stream(*map(token, PIECES), {"finish": "stop"}, {"done": True})


def check_partials(partials: list[Any], response: Any) -> None:
    """They grow, and the last one is whole."""
    assert partials[-1] == {"name": "Hamburg", "population": 1_900_000}
    names = [partial.get("name", "") for partial in partials]
    assert all("Hamburg".startswith(name) for name in names)
    assert all(before != after for before, after in zip(partials, partials[1:]))
    assert response.output == KEPT


def test_partials_grow_without_an_event_loop(mock, connect):
    asked = connect(mock.plan(STREAMED)).invoke(REQUEST, output=City)
    check_partials(list(asked.partials()), asked.response)


def test_partials_grow_on_an_event_loop(mock, connect):
    asked = connect(mock.plan(STREAMED)).invoke(REQUEST, output=City)

    async def read() -> list[Any]:
        return [partial async for partial in asked.partials()]

    check_partials(asyncio.run(read()), asked.response)


def test_a_partial_comes_before_the_response_is_whole(mock, connect):
    key = mock.plan(
        stream(token('{"name": "Ham'), {"await": "more"}, token('burg"'), {"hang": True})
    )
    with connect(key).invoke(REQUEST, output=City) as asked:
        partials = iter(asked.partials())
        assert next(partials) == {"name": "Ham"}
        mock.signal(key, "more")
        assert next(partials) == {"name": "Hamburg"}


def test_a_partial_that_has_not_changed_does_not_come_again(mock, connect):
    steps = token('{"name": "Kiel", "population": 1'), {"await": "blank"}, token(" "), token("}")
    key = mock.plan(stream(*steps, {"finish": "stop"}, {"done": True}))
    partials = iter(connect(key).invoke(REQUEST, output=City).partials())

    first = next(partials)
    mock.signal(key, "blank")

    assert [first, *partials] == [{"name": "Kiel", "population": 1}]


def test_partials_of_a_list_are_the_list(mock, connect):
    step = stream(token('{"value": [1, 2'), token(", 3]}"), {"finish": "stop"}, {"done": True})
    asked = connect(mock.plan(step)).invoke(REQUEST, output=list[int])

    assert list(asked.partials())[-1] == [1, 2, 3]
    assert asked.response.output == [1, 2, 3]


def test_partials_of_what_is_invalid_end_with_the_error(mock, connect):
    step = stream(token('{"name": 5}'), {"finish": "stop"}, {"done": True})
    asked = connect(mock.plan(step)).invoke(REQUEST, output=City)

    with pytest.raises(OutputError, match="population: Field required") as caught:
        list(asked.partials())

    assert caught.value.text == '{"name": 5}'
    with pytest.raises(OutputError):
        _ = asked.response.output


def test_partials_are_left_like_any_loop(mock, connect):
    key = mock.plan(stream(token('{"name": "Ham'), {"hang": True}))
    for _ in connect(key).invoke(REQUEST, output=City).partials():
        break
    mock.wait(key, closed=1)


def test_a_map_has_outputs(mock, connect):
    key = mock.plan(said(HAMBURG))
    results = list(connect(key).map([REQUEST, REQUEST], output=City))
    assert [result.response.output for result in results] == [KEPT, KEPT]


@pytest.mark.parametrize("on_loop", [False, True])
def test_a_map_asks_again_and_then_has_an_error(mock, connect, on_loop):
    key = mock.plan(said("no"), said(HAMBURG), said("no"), said("never"))
    results = connect(key).map([REQUEST, REQUEST], concurrency=1, output=City, output_retries=1)

    async def read() -> list[Any]:
        return [result async for result in results]

    first, second = asyncio.run(read()) if on_loop else list(results)

    assert first.response.output == KEPT
    assert second.response is None
    assert isinstance(second.error, OutputError)
    assert second.error.text == "never"
    assert len(bodies(mock, key)) == 4


def test_a_response_with_output_can_be_copied_and_pickled(mock, connect):
    reply = connect(mock.plan(said(HAMBURG))).invoke(REQUEST, output=City).complete()
    copy = pickle.loads(pickle.dumps(reply))
    assert copy == reply
    assert copy.output == KEPT


def test_a_response_without_output_says_how_to_get_one(mock, connect):
    asked = connect(mock.plan(HELLO)).invoke(REQUEST)
    with pytest.raises(RuntimeError, match="output="):
        asked.partials()
    with pytest.raises(RuntimeError, match="output="):
        _ = asked.complete().output


class Opaque:
    pass


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ({}, {"output": Opaque}, "output: .*Opaque"),
        ({}, {"output": KEPT}, "^output: expected a type, .* got a value of City$"),
        ({}, {"output": {"type": "object"}}, "^output: expected a type, .* got a value of dict$"),
        ({}, {"output": "City"}, "^output: expected a type, .* got a value of str$"),
        ({}, {"output": City, "output_retries": -1}, "output_retries: .*got -1"),
        ({}, {"output_retries": 1}, "set output too"),
        ({"response_format": {"type": "json_object"}}, {"output": City}, "^response_format: "),
        ({"collect": False}, {"output": City}, "^collect: "),
        ({}, {"output": City, "collect": False}, "^collect: "),
    ],
)
def test_what_does_not_fit_is_refused_at_once(connect, given, options, message):
    key = "kq7Zx9Wv3Lm5Tn8Rb2Yc"
    llm = connect("unused")
    with pytest.raises(liter_llm.LlmError, match=message) as caught:
        llm.invoke({**REQUEST, **given, "api_key": key}, **options)
    assert pieces_shown(key, show(caught.value)) == []

    with pytest.raises(liter_llm.LlmError, match=message) as caught:
        llm.invoke({**REQUEST, **given}, **options, api_key=key)
    assert pieces_shown(key, show(caught.value)) == []


@pytest.mark.parametrize("output", [Opaque, City])
def test_a_map_refuses_at_once_too(connect, output):
    key = "kq7Zx9Wv3Lm5Tn8Rb2Yc"
    with pytest.raises(liter_llm.InvalidArgumentError, match=r"^output") as caught:
        connect("unused").map([REQUEST], output=output, output_retries=-1, api_key=key)
    assert pieces_shown(key, show(caught.value)) == []


def test_a_long_response_is_not_read_from_its_beginning_for_each_piece():
    """That would take time that grows with the square of its length."""
    shape = shape_of(list[int])
    read: list[str] = []

    def count(text: str) -> Any:
        read.append(text)
        return type(shape).read_partial(shape, text)

    receiver = SimpleNamespace(builder=SimpleNamespace(shape=SimpleNamespace(read_partial=count)))
    partials = PartialIterator(SimpleNamespace(receiver=receiver, begun=False), "tokens")
    grown = [partials._grow(piece, 100) for piece in ['{"value": [0', *[", 5"] * 9_999, "]}"]]

    assert sum(grown) > 100
    assert len(read) < 1_000
    assert partials._grow("", 0)
    assert partials._last == [0, *[5] * 9_999]
