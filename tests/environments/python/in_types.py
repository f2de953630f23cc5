"""pydantic, FastAPI, cattrs and msgspec resolve the hints of our types at run time."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Sequence

import cattrs
import fastapi
import fastapi.responses
import msgspec
import pydantic

import liter_llm
from liter_llm import Message, Response, ToolCall, Usage
from shared import HELLO, connect, get, in_two_halves, running_mock, serve
from support import REQUEST


class Turn(pydantic.BaseModel):
    """A record that an application keeps."""

    question: Message
    reply: Response
    calls: Sequence[ToolCall] = ()
    usage: Usage | None = None
    events: list[liter_llm.Event] = []
    reason: liter_llm.FinishReason | None = None


class Ask(pydantic.BaseModel):
    """A request as a model of an application."""

    model: str
    messages: Sequence[Message]
    temperature: float | None = None


app = fastapi.FastAPI()


@app.get("/reply")
async def reply() -> Response:
    return await llm.invoke(REQUEST)


@app.get("/usage")
def usage() -> Usage | None:
    return llm.invoke(REQUEST).complete().usage


@app.get("/streamed")
async def streamed() -> fastapi.responses.StreamingResponse:
    """The stream as it is: Starlette takes it for asynchronous."""
    return fastapi.responses.StreamingResponse(llm.invoke(REQUEST, base_url=two_halves))


@app.post("/ask")
async def ask(question: liter_llm.Message) -> str:
    return (await llm.invoke({"model": "m", "messages": [question]})).text


@app.get("/injected")
async def injected(client: liter_llm.LiterLlm = fastapi.Depends(lambda: llm)) -> str:  # noqa: B008
    return (await client.invoke(REQUEST)).text


def hints_resolve() -> None:
    for name in [*liter_llm.__all__, "TimeoutError"]:
        public = getattr(liter_llm, name)
        if not inspect.isclass(public):
            continue
        typing.get_type_hints(public)
        for attribute, method in inspect.getmembers(public):
            if attribute.startswith("_") and not attribute.startswith("__"):
                continue
            if inspect.isfunction(method) and method.__module__.startswith("liter_llm"):
                typing.get_type_hints(method)
            if isinstance(method, property) and method.fget is not None:
                typing.get_type_hints(method.fget)
    hints = typing.get_type_hints(liter_llm.Response)
    assert hints["usage"] == (Usage | None), hints["usage"]
    partial = typing.get_type_hints(liter_llm.LlmError)["partial"]
    assert partial == (Response | liter_llm.EmbedResponse | None), partial


def models_hold_results(response: Response) -> None:
    turn = Turn(
        question={"role": "user", "content": "Hi"},
        reply=response,
        usage=response.usage,
        calls=[ToolCall(0, "1", "weather", "{}")],
        events=[liter_llm.Text("a"), liter_llm.Part("x", {"type": "x"})],
        reason=response.finish_reason,
    )
    again = Turn.model_validate_json(turn.model_dump_json())
    assert (again.reply, again.usage, again.calls) == (response, response.usage, turn.calls)
    adapter = pydantic.TypeAdapter(Response)
    assert adapter.validate_json(adapter.dump_json(response)) == response
    assert "text" in adapter.json_schema()["properties"]
    question = Ask(model="m", messages=[{"role": "user", "content": "Hi"}])
    assert llm.invoke(question).complete().text == "Hello world"
    assert mock.seen(key)["requests"][-1]["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
    }


def others_convert_results(response: Response) -> None:
    assert cattrs.structure(cattrs.unstructure(response), Response) == response
    assert msgspec.json.decode(msgspec.json.encode(response), type=Response) == response
    assert msgspec.convert(msgspec.to_builtins(response.usage), Usage) == response.usage


def fastapi_serves_results() -> None:
    with serve(app) as port:
        for path, text in (("/reply", "Hello world"), ("/injected", "Hello world")):
            connection, response = get(port, path)
            body = json.loads(response.read())
            assert (response.status, body if path == "/injected" else body["text"]) == (200, text)
            connection.close()
        connection, response = get(port, "/usage")
        assert response.status == 200, response.read()
        connection.close()
        connection, response = get(port, "/streamed")
        assert response.read1() == b"Hello ", "the first piece comes before the second is sent"
        mock.signal(two_halves.split("/")[-2], "go")
        assert response.read() == b"world"
        connection.close()
    assert "Response" in app.openapi()["components"]["schemas"]


llm: liter_llm.LiterLlm
with running_mock() as mock:
    key = mock.plan(HELLO)
    llm = connect(mock.base_url(key))
    two_halves = mock.base_url(mock.plan(in_two_halves()))
    hints_resolve()
    whole = llm.invoke(REQUEST).complete()
    models_hold_results(whole)
    others_convert_results(whole)
    fastapi_serves_results()
