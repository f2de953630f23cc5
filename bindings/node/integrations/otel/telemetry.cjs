// Telemetry: the observer that makes a span and metrics of each call.
//
// A span is a child of the one that is current where the call is made, and goes to the provider as
// the headers of the program's propagator. Prompts and responses are only recorded where
// captureContent says so.
"use strict";

const {
  SpanKind,
  SpanStatusCode,
  context,
  metrics,
  propagation,
  trace,
} = require("@opentelemetry/api");

const { version } = require("../../index.cjs");
const {
  OPERATIONS,
  destinationOf,
  nameOfProvider,
  ofAttempt,
  ofEnd,
  ofRequest,
} = require("./attributes.cjs");
const { Instruments } = require("./instruments.cjs");
const {
  inputMessages,
  outputMessages,
  toolDefinitions,
} = require("./messages.cjs");

const SCOPE = ["liter-llm", version];
const CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const CAPTURES = ["true", "span_only", "span_and_event"];

class Telemetry {
  captureContent;
  #tracerProvider;
  #meterProvider;
  #meters = null;
  #instruments = null;

  constructor({ captureContent, tracerProvider, meterProvider }) {
    const said = (process.env[CAPTURE] ?? "").toLowerCase();
    this.captureContent = captureContent ?? CAPTURES.includes(said);
    this.#tracerProvider = tracerProvider;
    this.#meterProvider = meterProvider;
  }

  get tracer() {
    return (this.#tracerProvider ?? trace).getTracer(...SCOPE);
  }

  // Instruments of a global provider that is set later count nothing: they are made anew.
  get instruments() {
    const meters = this.#meterProvider ?? metrics.getMeterProvider();
    if (meters !== this.#meters) {
      this.#meters = meters;
      this.#instruments = new Instruments(meters.getMeter(...SCOPE));
    }
    return this.#instruments;
  }

  begin(fields, options) {
    const operation = fields.operation ?? "chat";
    if (!Object.hasOwn(OPERATIONS, operation)) return null;
    return new ObservedCall(this, operation, fields, options);
  }
}

// One call: its span, from its start to its end.
class ObservedCall {
  #telemetry;
  #isChat;
  #isStreamed;
  #started = performance.now();
  #common;
  #span;
  #context;

  constructor(telemetry, operation, fields, options) {
    const { provider, model } = destinationOf(fields, options);
    this.#telemetry = telemetry;
    this.#isChat = operation === "chat";
    this.#isStreamed = this.#isChat && Boolean(fields.stream ?? true);
    this.#common = {
      "gen_ai.operation.name": OPERATIONS[operation],
      "gen_ai.provider.name": nameOfProvider(provider),
      "gen_ai.request.model": model,
    };
    const name = `${OPERATIONS[operation]} ${model}`;
    const parent = context.active();
    this.#span = telemetry.tracer.startSpan(
      name,
      { kind: SpanKind.CLIENT, attributes: this.#common },
      parent,
    );
    this.#context = trace.setSpan(parent, this.#span);
    if (this.#span.isRecording()) this.#describeRequest(fields);
  }

  headers() {
    const carrier = {};
    propagation.inject(this.#context, carrier);
    return carrier;
  }

  end({ start, receipt, partial }) {
    const { kind, message } = receipt.error ?? {};
    const isError = kind !== undefined && receipt.outcome !== "cancelled";
    if (isError) this.#common["error.type"] = kind;
    if (start.provider)
      this.#common["gen_ai.provider.name"] = nameOfProvider(start.provider);
    if (start.model) this.#common["gen_ai.response.model"] = start.model;
    const end = {
      ...{ start, receipt },
      ...{ isChat: this.#isChat, isStreamed: this.#isStreamed },
    };
    if (this.#span.isRecording()) {
      this.#describeEnd(end, partial);
      if (isError)
        this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    this.#span.end();
    this.#telemetry.instruments.measure({
      elapsed: (performance.now() - this.#started) / 1000,
      common: this.#common,
      context: this.#context,
      ...end,
    });
  }

  #describeRequest(fields) {
    this.#span.setAttributes(ofRequest(fields, this.#isStreamed));
    if (!this.#telemetry.captureContent || !this.#isChat) return;
    this.#span.setAttribute("gen_ai.input.messages", inputMessages(fields));
    const tools = toolDefinitions(fields);
    if (tools !== undefined)
      this.#span.setAttribute("gen_ai.tool.definitions", tools);
  }

  #describeEnd(end, partial) {
    this.#span.setAttributes({ ...ofEnd(end), ...this.#common });
    for (const attempt of end.receipt.tried ?? [])
      this.#span.addEvent("liter_llm.attempt", ofAttempt(attempt));
    if (!this.#telemetry.captureContent || !this.#isChat) return;
    const response = partial();
    if (response?.collected)
      this.#span.setAttribute(
        "gen_ai.output.messages",
        outputMessages(response),
      );
  }
}

module.exports = { Telemetry };
