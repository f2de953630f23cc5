"""OpenTelemetry: a span and metrics for each call, in the names of its GenAI conventions.

`instrument(llm)` does so for one client, `instrument_all()` for all that have none of their own.
Needs `opentelemetry-api` (extra [otel]); what happens to spans and metrics is up to the SDK that
the program sets up. Without either nothing here is loaded.

A span is a child of the one that is current where the call starts, and its traceparent goes to the
provider as headers. Prompts and responses are only recorded where capture_content says so.

Names: the pages on client inference, embeddings and token metrics of
open-telemetry/semantic-conventions-genai, as tests/telemetry/conventions.json lists them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from ._client import LiterLlm
from ._observer import Observation, Observer
from ._otel_messages import input_messages, output_messages, tool_definitions

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from ._base_builder import BaseBuilder
    from ._request import Fields

CAPTURE_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
OPERATIONS = {"chat": "chat", "embed": "embeddings", "rerank": "rerank"}
"""The calls that have spans, and what the conventions call them."""

PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
}
_REQUEST = {
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "max_tokens": "gen_ai.request.max_tokens",
    "n": "gen_ai.request.choice.count",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "reasoning_effort": "gen_ai.request.reasoning.level",
    "seed": "gen_ai.request.seed",
    "temperature": "gen_ai.request.temperature",
    "top_k": "gen_ai.request.top_k",
    "top_p": "gen_ai.request.top_p",
    "dimensions": "gen_ai.embeddings.dimension.count",
}
_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cache_read.input_tokens",
    "cache_write_tokens": "cache_write.input_tokens",
    "reasoning_tokens": "reasoning.output_tokens",
}
"""The fields of a usage; behind gen_ai.usage. or gen_ai.client.inference.usage."""

_BILLED = {"input_tokens": "billed_input_tokens", "output_tokens": "billed_output_tokens"}
_APART = {
    *("cache_read_input_tokens", "cache_creation_input_tokens"),
    *("cacheReadInputTokens", "cacheWriteInputTokens"),
}
"""Cached tokens that are not among the input tokens: Anthropic's API reference, usage, and AWS's,
TokenUsage of Converse."""

_SECONDS = [0.01 * 2**power for power in range(14)]
_TOKENS = [float(4**power) for power in range(14)]


def instrument(
    llm: LiterLlm,
    *,
    capture_content: Optional[bool] = None,
    tracer_provider: Optional[TracerProvider] = None,
    meter_provider: Optional[MeterProvider] = None,
) -> LiterLlm:
    """Has each call of a client make a span and metrics; returns the client.

    capture_content: whether spans have prompts, responses and tools; by default what the variable
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says, else no.
    tracer_provider, meter_provider: else the global ones. A copy of the client is not instrumented.
    """
    llm._observer = Telemetry(capture_content, tracer_provider, meter_provider)
    return llm


def instrument_all(
    *,
    capture_content: Optional[bool] = None,
    tracer_provider: Optional[TracerProvider] = None,
    meter_provider: Optional[MeterProvider] = None,
) -> None:
    """The same for every LiterLlm of the process, but those that instrument() was called with."""
    LiterLlm._observer = Telemetry(capture_content, tracer_provider, meter_provider)


def uninstrument(llm: Optional[LiterLlm] = None) -> None:
    """Ends what instrument() began, or without a client what instrument_all() did. Calls that have
    started end their spans."""
    if llm is None:
        LiterLlm._observer = None
    else:
        vars(llm).pop("_observer", None)


class Telemetry(Observer):
    """Makes the spans and metrics of the calls of clients."""

    def __init__(
        self,
        capture_content: Optional[bool] = None,
        tracer_provider: Optional[TracerProvider] = None,
        meter_provider: Optional[MeterProvider] = None,
    ) -> None:
        if capture_content is None:
            said = os.environ.get(CAPTURE_VARIABLE, "").lower()
            capture_content = said in ("true", "span_only", "span_and_event")
        self.capture_content = capture_content
        self.tracer = trace.get_tracer("liter_llm", tracer_provider=tracer_provider)
        meter = metrics.get_meter("liter_llm", meter_provider=meter_provider)
        self.durations = {
            kind: meter.create_histogram(
                f"gen_ai.client.{kind}.duration",
                "s",
                f"Duration of an {kind}",
                explicit_bucket_boundaries_advisory=_SECONDS,
            )
            for kind in ("inference", "operation")
        }
        self.first_chunk = meter.create_histogram(
            "gen_ai.client.inference.time_to_first_chunk",
            "s",
            "Time until the first chunk of a streamed response",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.tokens = {
            name: meter.create_counter(
                f"gen_ai.client.inference.usage.{counted}", "{token}", f"Tokens: {counted}"
            )
            for name, counted in _USAGE.items()
        }
        self.tokens_per_call = {
            name: meter.create_histogram(
                f"gen_ai.client.inference.operation.{name}",
                "{token}",
                f"Tokens of one call: {name}",
                explicit_bucket_boundaries_advisory=_TOKENS,
            )
            for name in _BILLED
        }

    def begin(
        self, fields: Fields, options: Fields, operation: str, streamed: bool
    ) -> Optional[Observation]:
        if operation not in OPERATIONS:
            return None
        return _Call(self, fields, options, operation, streamed)


class _Call(Observation):
    """One call: its span, from its start to its end."""

    def __init__(
        self,
        telemetry: Telemetry,
        fields: Fields,
        options: Fields,
        operation: str,
        streamed: bool,
    ) -> None:
        self._telemetry = telemetry
        self._operation = operation
        self._streamed = operation == "chat" and bool(fields.get("stream", streamed))
        self._started = time.perf_counter()
        self._context = context.get_current()
        provider, model = _destination(fields, options)
        self._common: dict[str, Any] = {
            "gen_ai.operation.name": OPERATIONS[operation],
            "gen_ai.provider.name": PROVIDERS.get(provider, provider),
            "gen_ai.request.model": model,
        }
        self._span: Span = telemetry.tracer.start_span(
            f"{OPERATIONS[operation]} {model}", kind=SpanKind.CLIENT, attributes=self._common
        )
        if self._span.is_recording():
            self._span.set_attributes(_of_request(fields, self._streamed))
            if telemetry.capture_content and operation == "chat":
                self._span.set_attribute("gen_ai.input.messages", input_messages(fields))
                tools = tool_definitions(fields)
                if tools:
                    self._span.set_attribute("gen_ai.tool.definitions", tools)

    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        propagate.inject(carrier, context=trace.set_span_in_context(self._span, self._context))
        return carrier

    def end(self, builder: BaseBuilder) -> None:
        receipt, start = builder.read_receipt(), builder.read_start()
        error = receipt.get("error") or {}
        kind = error.get("kind") if receipt.get("outcome") != "cancelled" else None
        if kind is not None:
            self._common["error.type"] = kind
        provider = start.get("provider")
        if provider:
            self._common["gen_ai.provider.name"] = PROVIDERS.get(provider, provider)
        if start.get("model"):
            self._common["gen_ai.response.model"] = start["model"]
        if self._span.is_recording():
            self._describe(builder, receipt, start)
            if kind is not None:
                self._span.set_status(Status(StatusCode.ERROR, error.get("message")))
        self._span.end()
        self._measure(receipt)

    def _describe(
        self, builder: BaseBuilder, receipt: Mapping[str, Any], start: Mapping[str, Any]
    ) -> None:
        span, timings = self._span, receipt.get("timings", {})
        found: dict[str, Any] = {
            "gen_ai.response.id": start.get("id"),
            "liter_llm.attempts": receipt.get("attempts"),
            "liter_llm.request_id": receipt.get("request_id", start.get("request_id")),
            "liter_llm.queued_ms": timings.get("queued_ms"),
        }
        if self._operation == "chat":
            whole = receipt.get("outcome") == "complete"
            reason = receipt.get("finish_reason") if whole else "error"
            found["gen_ai.response.finish_reasons"] = None if reason is None else [reason]
        if self._streamed:
            found["gen_ai.response.time_to_first_chunk"] = _seconds(timings.get("first_token_ms"))
        for name, count in _tokens_of(receipt).items():
            found[f"gen_ai.usage.{_USAGE[name]}"] = count
        found.update(self._common)
        span.set_attributes({name: value for name, value in found.items() if value is not None})
        for attempt in receipt.get("tried", ()):
            span.add_event("liter_llm.attempt", _of_attempt(attempt))
        if self._telemetry.capture_content and self._operation == "chat" and builder.collect:
            span.set_attribute("gen_ai.output.messages", output_messages(builder.partial()))

    def _measure(self, receipt: Mapping[str, Any]) -> None:
        telemetry, common = self._telemetry, self._common
        kind = "inference" if self._operation == "chat" else "operation"
        elapsed = time.perf_counter() - self._started
        with_span = trace.set_span_in_context(self._span, self._context)
        telemetry.durations[kind].record(elapsed, common, context=with_span)
        if self._operation != "chat":
            return
        named = {name: value for name, value in common.items() if name != "error.type"}
        first = _seconds(receipt.get("timings", {}).get("first_token_ms"))
        if self._streamed and first is not None:
            telemetry.first_chunk.record(first, named, context=with_span)
        tokens = _tokens_of(receipt)
        of_tokens = {**named, "gen_ai.token.modality": "unknown"}
        for name, counter in telemetry.tokens.items():
            # A call without a usage counts as 0, as the conventions want it.
            count = tokens.get(name, 0 if name in _BILLED else None)
            if count is not None:
                counter.add(count, of_tokens, context=with_span)
        for name, histogram in telemetry.tokens_per_call.items():
            of_call = tokens.get(name)
            if of_call is not None:
                histogram.record(of_call, named, context=with_span)


def _destination(fields: Fields, options: Fields) -> tuple[str, str]:
    """The provider and the model, as far as the request says."""
    model = str(fields.get("model", ""))
    named = fields.get("provider", None)
    provider = named if isinstance(named, str) else options.get("provider", None)
    if isinstance(provider, str):
        return provider, model.removeprefix(f"{provider}/")
    before, found, behind = model.partition("/")
    return (before, behind) if found else ("unknown", model)


def _of_request(fields: Fields, streamed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, name in _REQUEST.items():
        value = fields.get(field, None)
        if isinstance(value, (int, float, str)) and not (field == "n" and value == 1):
            found[name] = value
    stop = fields.get("stop", None)
    if stop:
        found["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    if streamed:
        found["gen_ai.request.stream"] = True
    shape = fields.get("response_format", None)
    if isinstance(shape, Mapping) and str(shape.get("type", "")).startswith("json"):
        found["gen_ai.output.type"] = "json"
    return found


def _of_attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    provider = attempt.get("provider", "")
    found = {
        "gen_ai.provider.name": PROVIDERS.get(provider, provider),
        "gen_ai.request.model": attempt.get("model"),
        "error.type": attempt.get("kind"),
        "http.response.status_code": attempt.get("status"),
        "liter_llm.milliseconds": attempt.get("milliseconds"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _tokens_of(receipt: Mapping[str, Any]) -> dict[str, int]:
    """What was used; the billed count where the provider has one, and cached tokens among those of
    the request, as the conventions count them."""
    usage = receipt.get("usage") or {}
    found: dict[str, int] = {}
    for name in _USAGE:
        count = usage.get(_BILLED.get(name, ""))
        count = usage.get(name) if count is None else count
        if isinstance(count, int):
            found[name] = count
    raw = usage.get("raw") or {}
    is_all = usage.get("billed_input_tokens") is not None or "prompt_tokens" in raw
    if "input_tokens" in found and not is_all and any(name in raw for name in _APART):
        for name in ("cached_input_tokens", "cache_write_tokens"):
            found["input_tokens"] += found.get(name, 0)
    return found


def _seconds(milliseconds: Optional[float]) -> Optional[float]:
    return None if milliseconds is None else milliseconds / 1000
