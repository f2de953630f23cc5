import {
  ConsoleSpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { LiterLlm } from "liter-llm";
import { instrument } from "liter-llm/otel";

// A program's own set-up, such as an exporter to a collector.
const processor = new SimpleSpanProcessor(new ConsoleSpanExporter());
new NodeTracerProvider({ spanProcessors: [processor] }).register();

const llm = instrument(new LiterLlm());
const messages = [{ role: "user", content: "Hello" }];
const stream = llm.invoke({ model: "openai/gpt-4o-mini", messages });
for await (const token of stream) process.stdout.write(token);
