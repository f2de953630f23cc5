"""Spans and metrics of calls, through OpenTelemetry's own SDK and exporters."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from liter_llm import LiterLlm, LlmError
from liter_llm.otel import PROVIDERS, _tokens_of, instrument, instrument_all, uninstrument

HELLO = {"answer": {"text": "Hello world"}}
HEAD = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
BUSY = {"status": 503, "headers": [["retry-after-ms", "1"]], "error": {"message": "busy"}}
QUESTION = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "secret words"}]
REQUEST = {"model": "gpt-4o-mini", "messages": QUESTION, "temperature": 0.5}
CONVENTIONS = json.loads(
    (Path(__file__).parents[1] / "telemetry/conventions.json").read_text(encoding="utf-8")
)


@dataclasses.dataclass
class Place:
    city: str


class Recorder:
    """An SDK with exporters in memory."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider(metric_readers=[self.reader])

    def client(self, place: Any, capture: bool | None = None, **options: Any) -> LiterLlm:
        llm = LiterLlm(**{"provider": "openai", **place.options, **options})
        return instrument(
            llm,
            capture_content=capture,
            tracer_provider=self.tracers,
            meter_provider=self.meters,
        )

    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    def span(self) -> Any:
        (found,) = self.spans()
        return found

    def points(self) -> dict[str, list[Any]]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def known_attributes() -> set[str]:
    known: set[str] = set()
    for names in CONVENTIONS["attributes"].values():
        known.update(names if isinstance(names, list) else names.values())
    return known | {"gen_ai.output.type"}


def test_a_whole_response(plan, recorder):
    with recorder.client(plan(HELLO)) as llm:
        llm.invoke(REQUEST).complete()
    span = recorder.span()
    assert (span.name, span.kind) == ("chat gpt-4o-mini", trace.SpanKind.CLIENT)
    found = dict(span.attributes)
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.provider.name"] == "openai"
    assert found["gen_ai.request.temperature"] == 0.5
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert found["gen_ai.usage.output_tokens"] > 0
    assert found["liter_llm.attempts"] == 1
    assert "gen_ai.request.stream" not in found
    assert set(found) <= known_attributes()
    assert "secret" not in str(found)
    assert span.status.is_unset
    assert not span.events


def test_a_stream_and_its_metrics(plan, recorder):
    async def read() -> None:
        async with recorder.client(plan(HELLO)) as llm:
            assert [token async for token in llm.invoke(REQUEST)]

    asyncio.run(read())
    found = dict(recorder.span().attributes)
    assert found["gen_ai.request.stream"] is True
    assert 0 <= found["gen_ai.response.time_to_first_chunk"] < 30
    points = recorder.points()
    assert set(points) <= set(CONVENTIONS["metrics"])
    (duration,) = points["gen_ai.client.inference.duration"]
    assert duration.count == 1
    assert list(duration.explicit_bounds) == pytest.approx(CONVENTIONS["buckets"]["s"])
    assert dict(duration.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": found["gen_ai.response.model"],
    }
    (written,) = points["gen_ai.client.inference.usage.output_tokens"]
    assert written.value == found["gen_ai.usage.output_tokens"]
    assert written.attributes["gen_ai.token.modality"] == "unknown"
    (tokens,) = points["gen_ai.client.inference.operation.output_tokens"]
    assert list(tokens.explicit_bounds) == CONVENTIONS["buckets"]["{token}"]
    assert points["gen_ai.client.inference.time_to_first_chunk"][0].count == 1


def test_the_caller_is_the_parent_and_the_provider_is_told(plan, recorder):
    place = plan(HELLO, HELLO)
    tracer = recorder.tracers.get_tracer("caller")
    with recorder.client(place) as llm:
        with tracer.start_as_current_span("caller") as caller:
            stream = llm.invoke(REQUEST)
            stream.complete()
        llm.invoke(REQUEST, headers={"TraceParent": "own"}).complete()
    span = next(span for span in recorder.spans() if span.name.startswith("chat"))
    assert span.parent.span_id == caller.get_span_context().span_id
    requests = place.mock.seen(place.key)["requests"]
    headers = [{name.lower(): text for name, text in seen["headers"]} for seen in requests]
    number = trace.format_span_id(span.context.span_id)
    assert headers[0]["traceparent"].split("-")[2] == number
    assert headers[1]["traceparent"] == "own"


def test_context_follows_tasks(plan, recorder):
    place = plan({**HELLO, "times": 8})
    tracer = recorder.tracers.get_tracer("caller")

    async def one(llm: LiterLlm, number: int) -> int:
        with tracer.start_as_current_span(f"task {number}") as span:
            await llm.invoke({**REQUEST, "seed": number})
            return span.get_span_context().span_id

    async def run() -> list[int]:
        async with recorder.client(place) as llm:
            return await asyncio.gather(*[one(llm, number) for number in range(8)])

    parents = asyncio.run(run())
    chats = [span for span in recorder.spans() if span.name.startswith("chat")]
    found = {span.attributes["gen_ai.request.seed"]: span.parent.span_id for span in chats}
    assert found == dict(enumerate(parents))


def test_cached_tokens_are_among_those_of_the_request(plan, recorder):
    place = plan({"vector": "anthropic_thinking"})
    request = {**REQUEST, "model": "claude", "max_tokens": 64}
    with recorder.client(place, provider="anthropic") as llm:
        usage = llm.invoke(request).complete().usage
    found = recorder.span().attributes
    assert usage.cached_input_tokens == found["gen_ai.usage.cache_read.input_tokens"] == 3
    assert found["gen_ai.usage.input_tokens"] == usage.input_tokens + 3
    (read,) = recorder.points()["gen_ai.client.inference.usage.input_tokens"]
    assert read.value == usage.input_tokens + 3


@pytest.mark.parametrize(
    ("more", "counted"),
    [({}, 13), ({"raw": {"prompt_tokens": 10}}, 10), ({"billed_input_tokens": 7}, 7)],
)
def test_cached_tokens_are_added_where_they_are_apart(more, counted):
    """Not where the provider counts them in, nor to what it bills."""
    raw = {"cache_read_input_tokens": 3, **more.get("raw", {})}
    usage = {"input_tokens": 10, "cached_input_tokens": 3, **more, "raw": raw}
    assert _tokens_of({"usage": usage}) == {"input_tokens": counted, "cached_input_tokens": 3}


def test_errors_and_attempts(plan, recorder):
    place = plan({**BUSY, "times": 2})
    with recorder.client(place, retries_max=1) as llm, pytest.raises(LlmError):
        llm.invoke(REQUEST).complete()
    span = recorder.span()
    kind = span.attributes["error.type"]
    assert kind in ("OVERLOADED", "PROVIDER")
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert [event.name for event in span.events] == ["liter_llm.attempt"] * 2
    assert {event.attributes["error.type"] for event in span.events} == {kind}
    assert span.events[0].attributes["http.response.status_code"] == 503
    assert set(span.events[0].attributes) <= set(CONVENTIONS["attempt event"]["attributes"])
    (duration,) = recorder.points()["gen_ai.client.inference.duration"]
    assert duration.attributes["error.type"] == kind


def test_a_retry_that_succeeds_is_no_error(plan, recorder):
    with recorder.client(plan(BUSY, HELLO), retries_max=1) as llm:
        llm.invoke(REQUEST).complete()
    span = recorder.span()
    assert span.status.is_unset
    assert "error.type" not in span.attributes
    assert len(span.events) == 2


@pytest.mark.parametrize("blocking", [False, True])
def test_leaving_early_ends_the_span(plan, recorder, blocking):
    place = plan({"raw": [{"head": HEAD}, {"token": "one"}, {"hang": True}]})

    async def leave() -> None:
        async with recorder.client(place) as llm:
            async for _ in llm.invoke(REQUEST):
                break
            while not recorder.spans():
                await asyncio.sleep(0)

    if blocking:
        with recorder.client(place) as llm:
            for _ in llm.invoke(REQUEST):
                break
    else:
        asyncio.run(asyncio.wait_for(leave(), 20))
    span = recorder.span()
    assert "error.type" not in span.attributes
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


def test_content_is_opted_in(plan, recorder, monkeypatch):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
    content = [{"type": "text", "text": "secret words"}, image]
    tools = [{"type": "function", "function": {"name": "look", "description": "long"}}]
    result = {"role": "tool", "tool_call_id": "c", "content": content}
    asked = [{"role": "user", "content": content}, result]
    request = {"model": "m", "messages": asked, "tools": tools}
    with recorder.client(plan(HELLO), capture=True) as llm:
        llm.invoke(request).complete()
    found = recorder.span().attributes
    parts = [{"type": "text", "content": "secret words"}, {"type": "image_url"}]
    response = {"type": "tool_call_response", "id": "c", "response": parts}
    assert json.loads(found["gen_ai.input.messages"]) == [
        {"role": "user", "parts": parts},
        {"role": "tool", "parts": [response]},
    ]
    said = [{"type": "text", "content": "Hello world"}]
    assert json.loads(found["gen_ai.output.messages"]) == [{"role": "assistant", "parts": said}]
    assert json.loads(found["gen_ai.tool.definitions"]) == [{"type": "function", "name": "look"}]
    recorder.exporter.clear()
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "span_only")
    with recorder.client(plan(HELLO)) as llm:
        llm.invoke(REQUEST).complete()
    assert "secret" in recorder.span().attributes["gen_ai.input.messages"]


def test_tool_calls_are_content(plan, recorder):
    with recorder.client(plan({"vector": "openai_tool_call_whole"}), capture=True) as llm:
        llm.invoke(REQUEST).complete()
    (message,) = json.loads(recorder.span().attributes["gen_ai.output.messages"])
    (call,) = message["parts"]
    assert (call["type"], call["arguments"]) == ("tool_call", {"city": "Paris"})


def test_other_operations(plan, recorder):
    place = plan({**HELLO, "times": 4})
    with recorder.client(place) as llm:
        llm.embed({"model": "e", "input": ["a"], "dimensions": 4}).complete()
        llm.stats().complete()
        llm.rerank(
            {"model": "r", "query": "a", "documents": ["a"], "provider": "cohere"}
        ).complete()
        results = list(llm.map([REQUEST, {"model": "e", "input": "a"}]))
    assert all(result.error is None for result in results)
    names = sorted(span.name for span in recorder.spans())
    assert names == ["chat gpt-4o-mini", "embeddings e", "embeddings e", "rerank r"]
    embeddings = next(span for span in recorder.spans() if span.name == "embeddings e")
    assert embeddings.attributes["gen_ai.embeddings.dimension.count"] == 4
    assert "gen_ai.response.finish_reasons" not in embeddings.attributes
    points = recorder.points()
    assert sum(point.count for point in points["gen_ai.client.operation.duration"]) == 3
    assert sum(point.count for point in points["gen_ai.client.inference.duration"]) == 1


def test_a_request_that_cannot_be_sent_raises(recorder, plan):
    with recorder.client(plan(HELLO)) as llm, pytest.raises(LlmError, match="messages"):
        llm.invoke({"model": "m", "messages": [object()]}).complete()
    span = recorder.span()
    assert span.attributes["error.type"] == "INVALID_REQUEST"
    assert span.status.status_code is trace.StatusCode.ERROR
    assert not span.events
    (duration,) = recorder.points()["gen_ai.client.inference.duration"]
    assert duration.attributes["error.type"] == "INVALID_REQUEST"


def test_each_request_of_a_repair_is_a_span(plan, recorder):
    place = plan({"answer": {"text": "no"}}, {"answer": {"text": '{"city": "Rome"}'}})
    with recorder.client(place) as llm:
        llm.invoke(REQUEST, output=Place, output_retries=1).complete()
    requests = place.mock.seen(place.key)["requests"]
    headers = [{name.lower(): text for name, text in seen["headers"]} for seen in requests]
    told = [each["traceparent"].split("-")[2] for each in headers]
    assert told == [trace.format_span_id(span.context.span_id) for span in recorder.spans()]


def test_a_handler_may_call_the_library(plan, recorder):
    """Observers are told outside of the dispatch, so an exporter may use the same client."""
    place = plan(HELLO, HELLO)
    llm = recorder.client(place)
    asked = []

    class Asks(SimpleSpanProcessor):
        def on_end(self, span: Any) -> None:
            if not asked:
                asked.append(span.name)
                asked.append(
                    LiterLlm(**place.options)
                    .invoke({**REQUEST, "model": "openai/gpt-4o-mini"})
                    .complete()
                    .text
                )

    recorder.tracers.add_span_processor(Asks(recorder.exporter))
    with llm:
        assert llm.invoke(REQUEST).complete().text == "Hello world"
    assert asked == ["chat gpt-4o-mini", "Hello world"]


def test_all_clients_and_none(plan, recorder):
    place = plan({**HELLO, "times": 3})
    instrument_all(tracer_provider=recorder.tracers, meter_provider=recorder.meters)
    try:
        with LiterLlm("openai", **place.options) as llm:
            llm.invoke(REQUEST).complete()
    finally:
        uninstrument()
    assert len(recorder.spans()) == 1
    with recorder.client(place) as llm:
        uninstrument(llm)
        llm.invoke(REQUEST).complete()
    assert len(recorder.spans()) == 1


def test_names_are_those_of_all_languages():
    assert CONVENTIONS["providers"] == PROVIDERS


def test_an_otlp_collector_receives_the_span(plan):
    received: list[Any] = []
    came = threading.Event()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    tracers = TracerProvider()
    endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
    tracers.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint)))
    try:
        place = plan(HELLO)
        with instrument(LiterLlm("openai", **place.options), tracer_provider=tracers) as llm:
            llm.invoke(REQUEST).complete()
        assert came.wait(20)
    finally:
        server.shutdown()
        server.server_close()
    (span,) = received[0].resource_spans[0].scope_spans[0].spans
    assert span.name == "chat gpt-4o-mini"
