// Spans and metrics of calls, through OpenTelemetry's own SDK.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import { LiterLlm } from "liter-llm";
import { instrument, instrumentAll, uninstrument } from "liter-llm/otel";

import {
  CONVENTIONS,
  Recorder,
  knownAttributes,
  unknownOf,
} from "./otel_support.mjs";
import { Mock } from "./support.mjs";

const mock = await Mock.start();
after(() => mock.stop());

const HELLO = { answer: { text: "Hello world" } };
const HEAD = {
  status: 200,
  headers: [["content-type", "text/event-stream"]],
  chunked: true,
};
const HANG = { raw: [{ head: HEAD }, { token: "one" }, { hang: true }] };
const BUSY = {
  status: 503,
  headers: [["retry-after-ms", "1"]],
  error: { message: "busy" },
};
const QUESTION = [
  { role: "system", content: "Be brief" },
  { role: "user", content: "secret words" },
];
const REQUEST = { model: "gpt-4o-mini", messages: QUESTION, temperature: 0.5 };

async function make(steps, options) {
  const recorder = new Recorder();
  const place = await mock.plan(...steps);
  return { recorder, place, llm: recorder.client(place, options) };
}

async function read(readable) {
  const pieces = [];
  for await (const piece of readable) pieces.push(piece);
  return pieces;
}

test("a whole response", async () => {
  const { recorder, llm } = await make([HELLO]);
  await llm.invoke(REQUEST);
  const [span, ...others] = recorder.spans();
  assert.equal(others.length, 0);
  assert.deepEqual(
    [span.name, span.kind],
    ["chat gpt-4o-mini", SpanKind.CLIENT],
  );
  const found = span.attributes;
  assert.equal(found["gen_ai.operation.name"], "chat");
  assert.equal(found["gen_ai.provider.name"], "openai");
  assert.equal(found["gen_ai.request.temperature"], 0.5);
  assert.deepEqual(found["gen_ai.response.finish_reasons"], ["stop"]);
  assert.ok(found["gen_ai.response.id"].length > 0);
  assert.ok(found["gen_ai.usage.output_tokens"] > 0);
  assert.equal(found["liter_llm.attempts"], 1);
  assert.ok(!("gen_ai.request.stream" in found));
  assert.deepEqual(unknownOf(found, knownAttributes()), []);
  assert.ok(!JSON.stringify(found).includes("secret"));
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  assert.deepEqual(span.events, []);
});

test("a stream and its metrics", async () => {
  const { recorder, llm } = await make([HELLO]);
  assert.ok((await read(llm.invoke(REQUEST))).length > 0);
  const [{ attributes: found }] = recorder.spans();
  assert.equal(found["gen_ai.request.stream"], true);
  const first = found["gen_ai.response.time_to_first_chunk"];
  assert.ok(first >= 0 && first < 30);
  const points = await recorder.points();
  assert.deepEqual(unknownOf(points, Object.keys(CONVENTIONS.metrics)), []);
  const [duration] = points["gen_ai.client.inference.duration"];
  assert.equal(duration.value.count, 1);
  assert.deepEqual(duration.value.buckets.boundaries, CONVENTIONS.buckets.s);
  assert.deepEqual(duration.attributes, {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": found["gen_ai.response.model"],
  });
  const [written] = points["gen_ai.client.inference.usage.output_tokens"];
  assert.equal(written.value, found["gen_ai.usage.output_tokens"]);
  assert.equal(written.attributes["gen_ai.token.modality"], "unknown");
  const [tokens] = points["gen_ai.client.inference.operation.output_tokens"];
  const { boundaries } = tokens.value.buckets;
  assert.deepEqual(boundaries, CONVENTIONS.buckets["{token}"]);
  const [chunk] = points["gen_ai.client.inference.time_to_first_chunk"];
  assert.equal(chunk.value.count, 1);
});

test("the caller is the parent, and the provider is told", async () => {
  const { recorder, place, llm } = await make([HELLO, HELLO, HELLO]);
  const tracer = recorder.tracers.getTracer("caller");
  const caller = tracer.startSpan("caller");
  const within = trace.setSpan(context.active(), caller);
  await context.with(within, () => llm.invoke(REQUEST).then());
  // Sent on by a server, in a context that is not the caller's.
  const bytes = context.with(within, () => llm.invoke(REQUEST));
  assert.ok((await read(bytes.toReadableStream())).length > 0);
  await llm.invoke(REQUEST, { headers: { TraceParent: "own" } });
  const [first, second, third] = recorder.chats();
  const { spanId } = caller.spanContext();
  assert.equal(first.parentSpanContext.spanId, spanId);
  assert.equal(second.parentSpanContext.spanId, spanId);
  assert.equal(third.parentSpanContext, undefined);
  const sent = async (index) =>
    (await place.headers(index)).find(
      ([name]) => name.toLowerCase() === "traceparent",
    )[1];
  assert.equal((await sent(0)).split("-")[2], first.spanContext().spanId);
  assert.equal((await sent(1)).split("-")[2], second.spanContext().spanId);
  assert.equal(await sent(2), "own");
});

test("headers of the client stay", async () => {
  const headers = { TRACEPARENT: "of the client", "x-own": "1" };
  const { place, llm } = await make([HELLO], { headers });
  await llm.invoke(REQUEST);
  const sent = new Map(
    (await place.headers(0)).map(([name, text]) => [name.toLowerCase(), text]),
  );
  assert.equal(sent.get("traceparent"), "of the client");
  assert.equal(sent.get("x-own"), "1");
});

test("context follows each caller", async () => {
  const { recorder, llm } = await make([{ ...HELLO, times: 8 }]);
  const tracer = recorder.tracers.getTracer("caller");
  const numbers = Array.from({ length: 8 }, (_, number) => number);
  const parents = await Promise.all(
    numbers.map((number) =>
      tracer.startActiveSpan(`task ${number}`, async (span) => {
        await llm.invoke({ ...REQUEST, seed: number });
        assert.equal(trace.getActiveSpan(), span);
        return span.spanContext().spanId;
      }),
    ),
  );
  const found = recorder
    .chats()
    .map(({ attributes, parentSpanContext }) => [
      attributes["gen_ai.request.seed"],
      parentSpanContext.spanId,
    ]);
  assert.deepEqual(new Map(found.sort()), new Map(parents.entries()));
});

test("what map sends is of whoever reads the results", async () => {
  const { recorder, llm } = await make([{ ...HELLO, times: 5 }]);
  const tracer = recorder.tracers.getTracer("caller");
  const requests = Array.from({ length: 5 }, () => REQUEST);
  const parent = await tracer.startActiveSpan("reader", async (span) => {
    await read(llm.map(requests, { concurrency: 2 }));
    return span.spanContext().spanId;
  });
  const found = recorder.chats().map((span) => span.parentSpanContext?.spanId);
  assert.deepEqual(found, new Array(5).fill(parent));
});

test("cached tokens are among those of the request", async () => {
  const { recorder, llm } = await make([{ vector: "anthropic_thinking" }], {
    provider: "anthropic",
  });
  const request = { ...REQUEST, model: "claude", max_tokens: 64 };
  const { usage } = await llm.invoke(request);
  const [{ attributes: found }] = recorder.spans();
  assert.equal(found["gen_ai.usage.cache_read.input_tokens"], 3);
  assert.equal(usage.cachedInputTokens, 3);
  const all = usage.inputTokens + 3;
  assert.equal(found["gen_ai.usage.input_tokens"], all);
  const points = await recorder.points();
  const [counted] = points["gen_ai.client.inference.usage.input_tokens"];
  assert.equal(counted.value, all);
});

test("errors and attempts", async () => {
  const options = { retriesMax: 1 };
  const { recorder, llm } = await make([{ ...BUSY, times: 2 }], options);
  await assert.rejects(async () => llm.invoke(REQUEST), { status: 503 });
  const [span] = recorder.spans();
  const kind = span.attributes["error.type"];
  assert.match(kind, /^(OVERLOADED|PROVIDER)$/);
  assert.equal(span.status.code, SpanStatusCode.ERROR);
  assert.match(span.status.message, /busy/);
  assert.deepEqual(span.attributes["gen_ai.response.finish_reasons"], [
    "error",
  ]);
  const names = span.events.map(({ name }) => name);
  assert.deepEqual(names, ["liter_llm.attempt", "liter_llm.attempt"]);
  const { attributes } = span.events[0];
  assert.equal(attributes["error.type"], kind);
  assert.equal(attributes["http.response.status_code"], 503);
  const known = CONVENTIONS["attempt event"].attributes;
  assert.deepEqual(unknownOf(attributes, known), []);
  const points = await recorder.points();
  const [duration] = points["gen_ai.client.inference.duration"];
  assert.equal(duration.attributes["error.type"], kind);
});

test("a retry that succeeds is no error", async () => {
  const { recorder, llm } = await make([BUSY, HELLO], { retriesMax: 1 });
  await llm.invoke(REQUEST);
  const [span] = recorder.spans();
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  assert.ok(!("error.type" in span.attributes));
  assert.equal(span.events.length, 2);
});

const LEAVES = {
  break: async (llm) => {
    for await (const _ of llm.invoke(REQUEST)) break;
  },
  cancel: async (llm) => {
    const stream = llm.invoke(REQUEST);
    const reading = assert.rejects(async () => {
      for await (const _ of stream) stream.cancel();
    });
    await reading;
  },
  abort: async (llm) => {
    const aborter = new AbortController();
    const { signal } = aborter;
    const reading = assert.rejects(async () => {
      for await (const _ of llm.invoke(REQUEST, { signal })) aborter.abort();
    });
    await reading;
  },
  "a reader of bytes": async (llm) => {
    const reader = llm.invoke(REQUEST).toReadableStream().getReader();
    await reader.read();
    await reader.cancel();
  },
};
for (const [name, leave] of Object.entries(LEAVES)) {
  test(`leaving early ends the span and is no error: ${name}`, async () => {
    const { recorder, llm } = await make([HANG]);
    const ended = recorder.ended();
    await leave(llm);
    await ended;
    const [{ attributes, status }] = recorder.spans();
    assert.ok(!("error.type" in attributes));
    assert.equal(status.code, SpanStatusCode.UNSET);
    const reasons = attributes["gen_ai.response.finish_reasons"];
    assert.deepEqual(reasons, ["error"]);
  });
}

test("other operations, and map", async () => {
  const { recorder, llm } = await make([{ ...HELLO, times: 4 }]);
  await llm.embed({ model: "e", input: ["a"], dimensions: 4 });
  await llm.stats();
  const documents = ["a"];
  const toRerank = { model: "r", query: "a", documents, provider: "cohere" };
  await llm.rerank(toRerank);
  const results = await read(llm.map([REQUEST, REQUEST]));
  assert.ok(results.every(({ error }) => error === null));
  const names = recorder.spans().map((span) => span.name);
  const chat = "chat gpt-4o-mini";
  assert.deepEqual(names, ["embeddings e", "rerank r", chat, chat]);
  const [{ attributes }] = recorder.spans();
  assert.equal(attributes["gen_ai.embeddings.dimension.count"], 4);
  assert.ok(!("gen_ai.response.finish_reasons" in attributes));
  const points = await recorder.points();
  const count = (kind) =>
    points[`gen_ai.client.${kind}.duration`].reduce(
      (sum, { value }) => sum + value.count,
      0,
    );
  assert.deepEqual([count("operation"), count("inference")], [2, 2]);
});

test("an operation that fails", async () => {
  const { recorder, llm } = await make([BUSY]);
  await assert.rejects(llm.embed({ model: "e", input: "a" }));
  const [{ attributes, status }] = recorder.spans();
  assert.equal(status.code, SpanStatusCode.ERROR);
  assert.match(attributes["error.type"], /^(OVERLOADED|PROVIDER)$/);
});

test("a request that cannot be sent", async () => {
  const { recorder, llm } = await make([HELLO]);
  const messages = [{ role: "user", content: 1n }];
  const asked = { ...REQUEST, messages };
  const error = await llm.invoke(asked).then(assert.fail, (error) => error);
  const [{ attributes, status }] = recorder.spans();
  assert.equal(attributes["error.type"], "INVALID_REQUEST");
  const { message } = error;
  assert.deepEqual(status, { code: SpanStatusCode.ERROR, message });
});

test("an exporter may call the library", async () => {
  const place = await mock.plan(HELLO, HELLO);
  const asked = [];
  const processor = {
    onStart: () => {},
    onEnd: (span) => {
      if (asked.length > 0) return;
      const llm = new LiterLlm({ provider: "openai", ...place.options });
      asked.push(span.name, llm.invoke(REQUEST).then());
    },
  };
  const llm = new Recorder(processor).client(place);
  assert.equal((await llm.invoke(REQUEST)).text, "Hello world");
  assert.equal(asked[0], "chat gpt-4o-mini");
  assert.equal((await asked[1]).text, "Hello world");
});

test("all clients and none", async () => {
  const recorder = new Recorder();
  const place = await mock.plan({ ...HELLO, times: 3 });
  const options = { provider: "openai", ...place.options };
  instrumentAll(recorder.providers);
  try {
    await new LiterLlm(options).invoke(REQUEST);
  } finally {
    uninstrument();
  }
  assert.equal(recorder.spans().length, 1);
  const llm = recorder.client(place);
  uninstrument(llm);
  await llm.invoke(REQUEST);
  await new LiterLlm(options).invoke(REQUEST);
  assert.equal(recorder.spans().length, 1);
});

test("what is wrong is said at once", () => {
  const llm = new LiterLlm();
  const wrong = (...given) => assert.throws(() => instrument(...given), CONFIG);
  const CONFIG = { name: "LlmError", kind: "CONFIG" };
  wrong({});
  wrong(llm, { captureContents: true });
  wrong(llm, { captureContent: "yes" });
  wrong(llm, { tracerProvider: trace.getTracer("mine") });
  wrong(llm, { meterProvider: {} });
  assert.throws(() => uninstrument(null), CONFIG);
});
