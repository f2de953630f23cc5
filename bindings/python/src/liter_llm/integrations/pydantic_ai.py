"""Pydantic AI: `LiterLlmModel`, a Model. Needs `pydantic-ai-slim`.

It maps Pydantic AI's messages, tools and settings to a request, and events to its parts. Errors are
those of Pydantic AI, so that its FallbackModel sees them, with the LlmError as `__cause__`. A
message that a provider wants back unchanged is kept in the response's `provider_details`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

from pydantic_ai import exceptions, messages
from pydantic_ai.models import (
    Model,
    ModelRequestParameters,
    StreamedResponse,
    check_allow_model_requests,
)
from pydantic_ai.profiles import ModelProfile, ModelProfileSpec
from pydantic_ai.settings import ModelSettings

from liter_llm import (
    AuthenticationError,
    End,
    Event,
    LiterLlm,
    LlmError,
    NetworkError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitedError,
    Reasoning,
    Start,
    Stream,
    Text,
    ToolDelta,
)
from liter_llm import TimeoutError as LlmTimeoutError

from ._pydantic_ai_messages import (
    FINISH_REASONS,
    details_of,
    from_response,
    from_usage,
    to_assistant,
    to_fields,
    to_messages,
    to_tools,
)

_CATEGORIES = (
    (RateLimitedError, exceptions.ModelRateLimitError),
    (QuotaExceededError, exceptions.ModelQuotaExceededError),
    (OverloadedError, exceptions.ModelOverloadedError),
    (AuthenticationError, exceptions.ModelAuthenticationError),
    (PermissionDeniedError, exceptions.ModelAuthenticationError),
    (NotFoundError, exceptions.ModelNotFoundError),
)


class LiterLlmSettings(ModelSettings, total=False):
    """Pydantic AI's settings, and what a request has beside."""

    liter_llm_fields: dict[str, Any]
    """Further fields of the request, such as `reasoning_effort` or `fallbacks`."""


class LiterLlmModel(Model[LiterLlm]):
    """A model of any provider: `Agent(LiterLlmModel("anthropic/claude-sonnet-4-5"))`.

    client: made from the environment where none is given; one that is given stays open."""

    def __init__(
        self,
        model_name: str,
        *,
        client: Optional[LiterLlm] = None,
        profile: Optional[ModelProfileSpec] = None,
        settings: Optional[ModelSettings] = None,
    ) -> None:
        self._llm = LiterLlm() if client is None else client
        self._model_name = model_name
        known = ModelProfile(supports_json_schema_output=True, supports_json_object_output=True)
        super().__init__(settings=settings, profile=known if profile is None else profile)

    @property
    def provider(self) -> None:
        return None

    @property
    def client(self) -> LiterLlm:
        return self._llm

    @property
    def model_name(self) -> str:
        return self._model_name

    @property
    def system(self) -> str:
        """The provider in front of the model's name."""
        provider, found, _ = self._model_name.partition("/")
        return provider if found else "liter-llm"

    async def request(
        self,
        messages: list[messages.ModelMessage],
        model_settings: Optional[ModelSettings],
        model_request_parameters: ModelRequestParameters,
    ) -> messages.ModelResponse:
        stream = self._invoke(messages, model_settings, model_request_parameters)
        try:
            response = await stream
        except LlmError as error:
            raise self._translated(error) from error
        return from_response(response)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[messages.ModelMessage],
        model_settings: Optional[ModelSettings],
        model_request_parameters: ModelRequestParameters,
        run_context: Any = None,
    ) -> AsyncGenerator[StreamedResponse]:
        stream = self._invoke(messages, model_settings, model_request_parameters)
        async with stream:
            streamed = _Streamed(model_request_parameters, stream, self)
            # Errors before content are raised here, where a FallbackModel can act on them.
            await streamed.begin()
            yield streamed

    def _invoke(
        self,
        history: list[messages.ModelMessage],
        settings: Optional[ModelSettings],
        parameters: ModelRequestParameters,
    ) -> Stream:
        check_allow_model_requests()
        settings, parameters = self.prepare_request(settings, parameters)
        request: Any = {
            "model": self._model_name,
            **to_fields(settings or {}),
            **to_tools(settings, parameters),
            "messages": self._messages(history, parameters),
        }
        return self._llm.invoke(request)

    def _messages(
        self, history: list[messages.ModelMessage], parameters: ModelRequestParameters
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for message in self.prepare_messages(history, parameters):
            if isinstance(message, messages.ModelResponse):
                found.append(to_assistant(message))
            else:
                found += to_messages(message)
        system = sum(1 for message in found if message["role"] == "system")
        instructions = self._get_instruction_parts(history, parameters) or ()
        found[system:system] = [
            {"role": "system", "content": part.content} for part in instructions
        ]
        return found

    def _translated(self, error: LlmError) -> exceptions.ModelAPIError:
        """Pydantic AI's error for one of ours."""
        name, text = self._model_name, str(error)
        if error.status is not None and error.status >= 400:
            category: Any = next(
                (ours for kind, ours in _CATEGORIES if isinstance(error, kind)), None
            )
            return exceptions.ModelHTTPError.for_category(
                category, status_code=error.status, model_name=name, body=error.detail or text
            )
        if isinstance(error, LlmTimeoutError):
            return exceptions.ModelTimeoutError(model_name=name, message=text)
        if isinstance(error, NetworkError):
            return exceptions.ModelConnectionError(model_name=name, message=text)
        return exceptions.ModelAPIError(model_name=name, message=text)


@dataclass
class _Streamed(StreamedResponse):
    """A stream as Pydantic AI reads it."""

    _stream: Stream
    _model: LiterLlmModel
    _timestamp: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    _first: list[Event] = field(default_factory=list)
    _events: Any = None
    _usage_received: Optional[bool] = field(default=False, init=False)

    async def begin(self) -> None:
        """Waits for the start and what follows it."""
        self._events = self._stream.events()
        try:
            async for event in self._events:
                self._first.append(event)
                if not isinstance(event, Start):
                    return
        except LlmError as error:
            raise self._model._translated(error) from error

    async def close_stream(self) -> None:
        self._stream.cancel()

    async def _get_event_iterator(self) -> AsyncIterator[messages.ModelResponseStreamEvent]:
        for event in self._first:
            for part in self._read(event):
                yield part
        try:
            async for event in self._events:
                for part in self._read(event):
                    yield part
        except LlmError as error:
            raise self._model._translated(error) from error

    def _read(self, event: Event) -> Iterator[messages.ModelResponseStreamEvent]:
        parts = self._parts_manager
        if isinstance(event, Text):
            yield from parts.handle_text_delta(vendor_part_id="text", content=event.text)
        elif isinstance(event, Reasoning):
            yield from parts.handle_thinking_delta(vendor_part_id="thinking", content=event.text)
        elif isinstance(event, ToolDelta):
            yield from parts.handle_tool_call_delta_events(
                vendor_part_id=event.index,
                tool_name=event.name,
                args=event.arguments,
                tool_call_id=event.id,
            )
        elif isinstance(event, Start):
            self.provider_response_id = event.id
        elif isinstance(event, End):
            response = self._stream.response
            self.finish_reason = FINISH_REASONS.get(event.finish_reason or "")
            self.provider_details = details_of(response)
            self._add_usage(from_usage(event.usage), reported=event.usage is not None)

    @property
    def model_name(self) -> str:
        return self._stream.response.model or self._model.model_name

    @property
    def provider_name(self) -> str:
        return self._stream.response.provider or self._model.system

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self._timestamp
