// An SDK of OpenTelemetry with exporters in memory, and the list of names for all languages.
import { readFileSync } from "node:fs";

import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { LiterLlm } from "liter-llm";
import { instrument } from "liter-llm/otel";

const list = new URL("../../telemetry/conventions.json", import.meta.url);
export const CONVENTIONS = JSON.parse(readFileSync(list, "utf8"));

// What a program's set-up registers: the propagator, and the manager of contexts.
new NodeTracerProvider().register();

export class Recorder {
  #exporter = new InMemorySpanExporter();
  #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  #waiting = [];

  // `processor` is another one.
  constructor(processor) {
    const waker = {
      onStart: () => {},
      onEnd: () => this.#waiting.splice(0).forEach((wake) => wake()),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const simple = new SimpleSpanProcessor(this.#exporter);
    const spanProcessors = [simple, waker, ...(processor ? [processor] : [])];
    this.tracers = new BasicTracerProvider({ spanProcessors });
    const reader = new PeriodicExportingMetricReader({
      exporter: this.#metrics,
      exportIntervalMillis: 3_600_000,
    });
    this.meters = new MeterProvider({ readers: [reader] });
  }

  get providers() {
    return { tracerProvider: this.tracers, meterProvider: this.meters };
  }

  client(place, { captureContent, ...options } = {}) {
    const llm = new LiterLlm({
      provider: "openai",
      ...place.options,
      ...options,
    });
    return instrument(llm, { captureContent, ...this.providers });
  }

  spans() {
    return this.#exporter.getFinishedSpans();
  }

  chats() {
    return this.spans().filter(({ name }) => name.startsWith("chat"));
  }

  // Returns when another span has ended.
  ended() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  // The points of each metric, by its name.
  async points() {
    await this.meters.forceFlush();
    const { scopeMetrics } = this.#metrics.getMetrics().at(-1);
    const found = scopeMetrics.flatMap(({ metrics }) => metrics);
    return Object.fromEntries(
      found.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
    );
  }
}

export function knownAttributes() {
  const lists = Object.values(CONVENTIONS.attributes);
  const names = lists.flatMap((names) =>
    Array.isArray(names) ? names : Object.values(names),
  );
  return new Set([...names, "gen_ai.output.type"]);
}

export const unknownOf = (found, known) =>
  Object.keys(found).filter((name) => !new Set(known).has(name));
