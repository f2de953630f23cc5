"""simonw/llm: its plugin. `llm liter add anthropic/claude-sonnet-4-5`, then
`llm -m liter/anthropic/claude-sonnet-4-5 "Hello"`.

Loaded by llm through this package's entry point, so both must be in one environment. Which models
there are is kept in `liter-llm.json` in llm's folder, and in the variable LITER_LLM_MODELS, with
commas between. Keys are those of `llm keys set PROVIDER`, else those of the environment.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path
from typing import Any, Optional, Union

import click
import llm
from llm.models import EmbeddingModel
from llm.parts import (
    AttachmentPart,
    Message,
    ReasoningPart,
    StreamEvent,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from pydantic import Field

from liter_llm import (
    End,
    Event,
    LiterLlm,
    LlmError,
    ModelsRequest,
    Reasoning,
    Response,
    Stream,
    Text,
    ToolDelta,
)

from ._kept import MESSAGE, kept

PREFIX = "liter/"
VARIABLE = "LITER_LLM_MODELS"


class Options(llm.Options):
    """What `llm -o` sets."""

    max_tokens: Optional[int] = Field(default=None, description="Most tokens of the response")
    temperature: Optional[float] = Field(default=None, description="Sampling temperature")
    top_p: Optional[float] = Field(default=None, description="Nucleus sampling")
    seed: Optional[int] = Field(default=None, description="Seed of sampling")
    reasoning_effort: Optional[str] = Field(default=None, description="low, medium or high")
    fields: Optional[str] = Field(default=None, description="Other fields of the request, as JSON")


class _Shared:
    """What the two models of a name have in common."""

    can_stream = True
    supports_schema = True
    supports_tools = True
    attachment_types: Union[set[str], frozenset[str]] = frozenset(
        {"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"}
        | {"audio/wav", "audio/mpeg"}
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.model_id = PREFIX + name
        self._llm: Optional[LiterLlm] = None

    def __str__(self) -> str:
        return f"Liter-LLM: {self.model_id}"

    @property
    def client(self) -> LiterLlm:
        """Made at the first prompt, so that listing models loads no library."""
        if self._llm is None:
            self._llm = LiterLlm()
        return self._llm

    def request(self, prompt: llm.Prompt, stream: bool) -> Any:
        options = prompt.options.model_dump(exclude_none=True)
        fields = json.loads(options.pop("fields", "{}"))
        request = {"model": self.name, **options, **fields, "stream": stream}
        request["messages"] = [part for message in prompt.messages for part in _messages(message)]
        if prompt.schema:
            shape = {"name": "output", "schema": prompt.schema}
            request["response_format"] = {"type": "json_schema", "json_schema": shape}
        if prompt.tools:
            request["tools"] = [_tool(tool) for tool in prompt.tools if isinstance(tool, llm.Tool)]
        key = llm.get_key(explicit_key=None, key_alias=self.name.partition("/")[0])
        return {**request, "api_key": key} if key else request


class LiterModel(_Shared, llm.Model):
    """A model of `llm`."""

    class Options(Options):
        pass

    def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.Response,
        conversation: Optional[llm.Conversation] = None,
    ) -> Iterator[Union[str, StreamEvent]]:
        try:
            with self.client.invoke(self.request(prompt, stream)) as answer:
                for event in answer.events():
                    yield from _stream_events(event, answer)
                _finish(response, answer.response)
        except LlmError as error:
            raise llm.ModelError(str(error)) from error


class AsyncLiterModel(_Shared, llm.AsyncModel):
    """The same model on an event loop."""

    class Options(Options):
        pass

    async def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.AsyncResponse,
        conversation: Optional[llm.AsyncConversation] = None,
    ) -> AsyncGenerator[Union[str, StreamEvent], None]:
        try:
            async with self.client.invoke(self.request(prompt, stream)) as answer:
                async for event in answer.events():
                    for part in _stream_events(event, answer):
                        yield part
                _finish(response, answer.response)
        except LlmError as error:
            raise llm.ModelError(str(error)) from error


class LiterEmbedding(EmbeddingModel):
    """An embedding model of `llm`, under the same name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model_id = PREFIX + name

    def embed_batch(
        self, items: Iterable[Union[str, bytes]], *, key: Optional[str] = None
    ) -> Iterator[list[float]]:
        stored = llm.get_key(explicit_key=key, key_alias=self.name.partition("/")[0])
        keys = {"api_key": stored} if stored else {}
        with LiterLlm() as client:
            request: Any = {"model": self.name, "input": list(items), **keys}
            reply = client.embed(request).complete()
        return iter([list(vector) for vector in reply.vectors])


@llm.hookimpl
def register_models(register: Any) -> None:
    for name, aliases in _read("chat").items():
        register(LiterModel(name), AsyncLiterModel(name), aliases=tuple(aliases))


@llm.hookimpl
def register_embedding_models(register: Any) -> None:
    for name, aliases in _read("embed").items():
        register(LiterEmbedding(name), aliases=tuple(aliases))


@llm.hookimpl
def register_commands(cli: click.Group) -> None:
    @cli.group(name="liter")
    def liter() -> None:
        """Models of any provider, through Liter-LLM"""

    @liter.command()
    @click.argument("model")
    @click.option("--alias", "aliases", multiple=True, help="A shorter name")
    @click.option("--embed", is_flag=True, help="It is an embedding model")
    def add(model: str, aliases: tuple[str, ...], embed: bool) -> None:
        """Register MODEL, such as anthropic/claude-sonnet-4-5"""
        if "/" not in model:
            raise click.ClickException(f"{model!r} names no provider; write provider/model")
        _change("embed" if embed else "chat", model, list(aliases))
        click.echo(f"{PREFIX}{model}")

    @liter.command()
    @click.argument("model")
    def remove(model: str) -> None:
        """Forget MODEL"""
        name = model.removeprefix(PREFIX)
        if not any(_change(kind, name, None) for kind in ("chat", "embed")):
            raise click.ClickException(f"{model!r} is not registered")

    @liter.command(name="models")
    @click.argument("provider")
    def list_models(provider: str) -> None:
        """Ask PROVIDER which models it has"""
        key = llm.get_key(explicit_key=None, key_alias=provider)
        keys: ModelsRequest = {"api_key": key} if key else {}
        try:
            with LiterLlm(provider) as client:
                for model in client.models(keys).complete().models:
                    click.echo(f"{provider}/{model.id}")
        except LlmError as error:
            raise click.ClickException(str(error)) from error


def _path() -> Path:
    folder: Path = llm.user_dir()  # type: ignore[no-untyped-call]
    return folder / "liter-llm.json"


def _stored() -> dict[str, dict[str, list[str]]]:
    path = _path()
    if not path.exists():
        return {}
    try:
        stored: dict[str, dict[str, list[str]]] = json.loads(path.read_text())
    except ValueError as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from error
    return stored


def _read(kind: str) -> dict[str, list[str]]:
    """The names of models, with their aliases."""
    named = os.environ.get(VARIABLE, "") if kind == "chat" else ""
    listed: dict[str, list[str]] = {name.strip(): [] for name in named.split(",") if name.strip()}
    return {**listed, **_stored().get(kind, {})}


def _change(kind: str, model: str, aliases: Optional[list[str]]) -> bool:
    """Sets a model's aliases, or forgets it; whether anything changed."""
    stored = _stored()
    models = stored.setdefault(kind, {})
    if aliases is None and model not in models:
        return False
    if aliases is None:
        del models[model]
    else:
        models[model] = aliases
    _path().write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n")
    return True


def _tool(tool: llm.Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "parameters": tool.input_schema}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _messages(message: Message) -> list[dict[str, Any]]:
    """One message, or one for each result of a tool."""
    content: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for part in message.parts:
        sent = (getattr(part, "provider_metadata", None) or {}).get(MESSAGE)
        if sent is not None:
            return [dict(sent)]
        if isinstance(part, TextPart):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, AttachmentPart) and part.attachment is not None:
            content.append(_attachment(part.attachment))
        elif isinstance(part, ToolCallPart):
            function = {"name": part.name, "arguments": json.dumps(part.arguments)}
            calls.append({"id": part.tool_call_id, "type": "function", "function": function})
        elif isinstance(part, ToolResultPart):
            failed = {"is_error": True} if part.exception else {}
            result = {"role": "tool", "tool_call_id": part.tool_call_id, "content": part.output}
            results.append({**result, **failed})
        elif not isinstance(part, ReasoningPart):
            raise llm.ModelError(f"a {type(part).__name__} cannot be sent by Liter-LLM")
    if results:
        return results
    only_text = all(part["type"] == "text" for part in content)
    text = "".join(part["text"] for part in content) if only_text else ""
    plain: dict[str, Any] = {"role": message.role, "content": text if only_text else content}
    if calls:
        plain.update(content=plain["content"] or None, tool_calls=calls)
    return [plain]


def _attachment(attachment: Any) -> dict[str, Any]:
    """An llm.Attachment, whose methods have no types, as a part of a message."""
    kind = attachment.resolve_type() or ""
    if attachment.url and kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": attachment.url}}
    data = base64.b64encode(attachment.content_bytes()).decode()
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
    if kind.startswith("audio/"):
        form = "wav" if kind == "audio/wav" else "mp3"
        return {"type": "input_audio", "input_audio": {"data": data, "format": form}}
    file = {"filename": f"{attachment.id()}.pdf", "file_data": f"data:{kind};base64,{data}"}
    return {"type": "file", "file": file}


def _stream_events(event: Event, stream: Stream[Any]) -> Iterator[StreamEvent]:
    if isinstance(event, Text):
        yield StreamEvent(type="text", chunk=event.text)
    elif isinstance(event, Reasoning):
        yield StreamEvent(type="reasoning", chunk=event.text)
    elif isinstance(event, ToolDelta):
        number = f"call {event.index}"
        if event.name:
            yield StreamEvent(type="tool_call_name", chunk=event.name, tool_call_id=number)
        if event.arguments:
            yield StreamEvent(type="tool_call_args", chunk=event.arguments, tool_call_id=number)
    elif isinstance(event, End):
        more = kept(stream.response)
        if more:
            yield StreamEvent(type="reasoning", chunk="", provider_metadata=more)


def _finish(response: Any, answer: Response) -> None:
    """What llm logs beside the text."""
    for call in answer.tool_calls:
        response.add_tool_call(
            llm.ToolCall(
                tool_call_id=call.id, name=call.name, arguments=json.loads(call.arguments or "{}")
            )
        )
    usage = answer.usage
    if usage is not None and usage.input_tokens is not None:
        response.set_usage(input=usage.input_tokens, output=usage.output_tokens or 0)
    found = {
        "id": answer.id,
        "model": answer.model,
        "finish_reason": answer.finish_reason,
        "request_id": answer.request_id,
    }
    response.response_json = {name: value for name, value in found.items() if value is not None}
