"""LangChain: `ChatLiterLlm`, a BaseChatModel, and `LiterLlmEmbeddings`. Needs `langchain-core`.

LangChain's own messages and tools are turned into a request by its own functions; what it has no
place for, such as a provider's thinking signatures, travels in `additional_kwargs` and goes back to
the provider unchanged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Optional, Union

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    convert_to_openai_messages,
)
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.output_parsers.openai_tools import make_invalid_tool_call, parse_tool_call
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from liter_llm import (
    End,
    Event,
    LiterLlm,
    Reasoning,
    Response,
    Start,
    Text,
    ToolDelta,
    Usage,
)

from ._kept import MESSAGE, kept


class ChatLiterLlm(BaseChatModel):
    """A chat model of any provider: `ChatLiterLlm(model="anthropic/claude-sonnet-4-5")`.

    `client_options` are those of LiterLlm, such as `base_url` or `retries_max`; a LiterLlm given as
    `client` is used as it is and stays open. `model_kwargs`, and what invoke() and bind() are given
    beside `stop`, are fields of the request. Errors are liter_llm's own."""

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)

    model: str = Field(alias="model_name")
    provider: Optional[str] = None
    api_key: Optional[SecretStr] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    stop: Optional[list[str]] = Field(default=None, alias="stop_sequences")
    client_options: dict[str, Any] = Field(default_factory=dict)
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    client: Optional[LiterLlm] = Field(default=None, exclude=True)

    _llm: LiterLlm = PrivateAttr()

    @model_validator(mode="after")
    def _make_client(self) -> ChatLiterLlm:
        self._llm = self.client or _make_client(self.provider, self.api_key, self.client_options)
        return self

    @property
    def _llm_type(self) -> str:
        return "liter-llm"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        named = {"model": self.model, "provider": self.provider, "temperature": self.temperature}
        return {**named, "max_tokens": self.max_tokens, **self.model_kwargs}

    def _get_ls_params(self, stop: Optional[list[str]] = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = self.provider or self.model.partition("/")[0]
        if stop or self.stop:
            params["ls_stop"] = stop or self.stop or []
        return params

    def bind_tools(
        self,
        tools: Sequence[Union[dict[str, Any], type, Callable[..., Any], BaseTool]],
        *,
        tool_choice: Union[str, bool, dict[str, Any], None] = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """tool_choice: the name of a tool, "auto", "none", "any" (or "required", or True), or the
        object that a request takes."""
        formatted = [convert_to_openai_tool(tool) for tool in tools]
        if tool_choice:
            kwargs["tool_choice"] = _tool_choice(tool_choice, formatted)
        return super().bind(tools=formatted, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: Optional[list[str]] = None,
        run_manager: Optional[CallbackManagerForLLMRun] = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._llm.invoke(self._request(messages, stop, kwargs)).complete())

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: Optional[list[str]] = None,
        run_manager: Optional[AsyncCallbackManagerForLLMRun] = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(await self._llm.invoke(self._request(messages, stop, kwargs)))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Optional[list[str]] = None,
        run_manager: Optional[CallbackManagerForLLMRun] = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with self._llm.invoke(self._request(messages, stop, kwargs)) as stream:
            for event in stream.events():
                chunk = _chunk(event, stream.response) if _ends(event) else _chunk(event)
                if chunk is None:
                    continue
                if run_manager and chunk.text:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: Optional[list[str]] = None,
        run_manager: Optional[AsyncCallbackManagerForLLMRun] = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with self._llm.invoke(self._request(messages, stop, kwargs)) as stream:
            async for event in stream.events():
                chunk = _chunk(event, stream.response) if _ends(event) else _chunk(event)
                if chunk is None:
                    continue
                if run_manager and chunk.text:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    def _request(
        self, messages: list[BaseMessage], stop: Optional[list[str]], given: dict[str, Any]
    ) -> Any:
        own = {
            "model": self.model,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "stop": stop or self.stop,
        }
        # Of with_structured_output(), for tracing alone.
        given.pop("ls_structured_output_format", None)
        fields = {**{name: value for name, value in own.items() if value is not None}}
        return {**fields, **self.model_kwargs, **given, "messages": _messages(messages)}


class LiterLlmEmbeddings(Embeddings):
    """Embeddings of any provider: `LiterLlmEmbeddings("openai/text-embedding-3-small")`.

    fields: of the request of embed(), such as `dimensions`; documents and queries are told apart by
    `input_type` where `input_types` is true, which not every provider takes."""

    def __init__(
        self,
        model: str,
        *,
        client: Optional[LiterLlm] = None,
        client_options: Optional[Mapping[str, Any]] = None,
        input_types: bool = False,
        **fields: Any,
    ) -> None:
        self._llm = client or LiterLlm(**(client_options or {}))
        self._fields = {"model": model, **fields}
        self._input_types = input_types

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return _lists(self._llm.embed(self._request(texts, "document")).complete())

    def embed_query(self, text: str) -> list[float]:
        return _lists(self._llm.embed(self._request([text], "query")).complete())[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return _lists(await self._llm.embed(self._request(texts, "document")))

    async def aembed_query(self, text: str) -> list[float]:
        return _lists(await self._llm.embed(self._request([text], "query")))[0]

    def _request(self, texts: list[str], kind: str) -> Any:
        types = {"input_type": kind} if self._input_types else {}
        return {**self._fields, **types, "input": texts}


def _make_client(
    provider: Optional[str], api_key: Optional[SecretStr], options: Mapping[str, Any]
) -> LiterLlm:
    keys = {} if api_key is None else {"api_key": api_key.get_secret_value()}
    return LiterLlm(provider, **{**options, **keys})


def _lists(reply: Any) -> list[list[float]]:
    return [list(vector) for vector in reply.vectors]


def _messages(messages: list[BaseMessage]) -> list[dict[str, Any]]:
    return [_message(message) for message in messages]


def _message(message: BaseMessage) -> dict[str, Any]:
    """As the provider sent it, where it was kept."""
    sent = message.additional_kwargs.get(MESSAGE)
    if sent is not None:
        return dict(sent)
    plain = convert_to_openai_messages(message)
    assert isinstance(plain, dict)
    if plain["role"] == "tool":
        plain.pop("name", None)  # the tool's, which no provider takes in a result
        if getattr(message, "status", "success") == "error":
            plain["is_error"] = True
    if plain.get("tool_calls") and not plain.get("content"):
        plain["content"] = None
    return plain


def _tool_choice(choice: Union[str, bool, dict[str, Any]], tools: list[dict[str, Any]]) -> Any:
    if isinstance(choice, dict) or choice in ("auto", "none", "required"):
        return choice
    if choice is True or choice == "any":
        return "required"
    named = [tool.get("function", {}).get("name") for tool in tools]
    if choice not in named:
        raise ValueError(f"tool_choice {choice!r} is none of the tools {named}")
    return {"type": "function", "function": {"name": choice}}


def _result(response: Response) -> ChatResult:
    calls, invalid = [], []
    for made in response.message.get("tool_calls", ()):
        call: dict[str, Any] = {**made}
        try:
            calls.append(parse_tool_call(call, return_id=True))
        except Exception as error:  # the model's arguments are not JSON
            invalid.append(make_invalid_tool_call(call, str(error)))
    message = AIMessage(
        content=response.text,
        additional_kwargs=_extras(response),
        tool_calls=[call for call in calls if call is not None],
        invalid_tool_calls=invalid,
        usage_metadata=_usage(response.usage),
        response_metadata=_metadata(response),
        id=response.id,
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _ends(event: Event) -> bool:
    return isinstance(event, End)


def _chunk(event: Event, response: Optional[Response] = None) -> Optional[ChatGenerationChunk]:
    """The chunk of an event; response: with the End, all that was received."""
    if isinstance(event, Start):
        message = AIMessageChunk(content="", id=event.id)
    elif isinstance(event, Text):
        message = AIMessageChunk(content=event.text)
    elif isinstance(event, Reasoning):
        message = AIMessageChunk(content="", additional_kwargs={"reasoning_content": event.text})
    elif isinstance(event, ToolDelta):
        piece = tool_call_chunk(
            name=event.name, args=event.arguments, id=event.id, index=event.index
        )
        message = AIMessageChunk(content="", tool_call_chunks=[piece])
    elif response is not None:
        extras = _extras(response)
        extras.pop("reasoning_content", None)  # its pieces have come
        message = AIMessageChunk(
            content="",
            additional_kwargs=extras,
            usage_metadata=_usage(response.usage),
            response_metadata=_metadata(response),
            chunk_position="last",
        )
    else:
        return None
    return ChatGenerationChunk(message=message)


def _extras(response: Response) -> dict[str, Any]:
    """What a message has beside LangChain's fields."""
    extras: dict[str, Any] = {}
    if response.reasoning:
        extras["reasoning_content"] = response.reasoning
    if response.refusal is not None:
        extras["refusal"] = response.refusal
    return {**extras, **kept(response)}


def _metadata(response: Response) -> dict[str, Any]:
    found = {
        "model_name": response.model,
        "model_provider": response.provider,
        "finish_reason": response.finish_reason,
        "request_id": response.request_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _usage(usage: Optional[Usage]) -> Optional[UsageMetadata]:
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    counted: UsageMetadata = {  # type: ignore[typeddict-item]  # the others are optional
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": read + written if usage.total_tokens is None else usage.total_tokens,
    }
    details = InputTokenDetails()
    if usage.cached_input_tokens is not None:
        details["cache_read"] = usage.cached_input_tokens
    if usage.cache_write_tokens is not None:
        details["cache_creation"] = usage.cache_write_tokens
    if details:
        counted["input_token_details"] = details
    if usage.reasoning_tokens is not None:
        counted["output_token_details"] = OutputTokenDetails(reasoning=usage.reasoning_tokens)
    return counted
