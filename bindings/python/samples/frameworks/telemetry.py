from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from liter_llm import LiterLlm
from liter_llm.otel import instrument

tracers = TracerProvider()  # a program's own set-up, such as an exporter to a collector
tracers.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(tracers)

with instrument(LiterLlm()) as llm:
    messages = [{"role": "user", "content": "Hello"}]
    for token in llm.invoke({"model": "openai/gpt-4o-mini", "messages": messages}):
        print(token, end="")
