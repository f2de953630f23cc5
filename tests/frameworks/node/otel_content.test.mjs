// Prompts and responses on spans, the names of all languages, a collector, the global providers.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { json } from "node:stream/consumers";

import { metrics } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BasicTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { LiterLlm } from "liter-llm";
import { instrument } from "liter-llm/otel";

import { CONVENTIONS, Recorder } from "./otel_support.mjs";
import { Mock, runSample } from "./support.mjs";

const mock = await Mock.start();
after(() => mock.stop());

const entry = createRequire(import.meta.url).resolve("liter-llm/otel");
const internals = createRequire(entry)("./integrations/otel/attributes.cjs");

const HELLO = { answer: { text: "Hello world" } };
const REQUEST = {
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "secret words" }],
};
const CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

// The attributes of the span of one request.
async function attributesOf(step, request, options) {
  const recorder = new Recorder();
  const llm = recorder.client(await mock.plan(step), options);
  await llm.invoke(request);
  return recorder.spans()[0].attributes;
}

test("content is opted in", async () => {
  const url = "data:image/png;base64,iVBO";
  const content = [
    { type: "text", text: "secret words" },
    { type: "image_url", image_url: { url } },
  ];
  const look = { name: "look", description: "long" };
  const request = {
    model: "m",
    messages: [
      { role: "user", content },
      { role: "tool", tool_call_id: "c", content },
    ],
    tools: [{ type: "function", function: look }],
  };
  const found = await attributesOf(HELLO, request, { captureContent: true });
  const parts = [
    { type: "text", content: "secret words" },
    { type: "image_url" },
  ];
  const read = (name) => JSON.parse(found[name]);
  const result = { type: "tool_call_response", id: "c", response: parts };
  assert.deepEqual(read("gen_ai.input.messages"), [
    { role: "user", parts },
    { role: "tool", parts: [result] },
  ]);
  const said = [{ type: "text", content: "Hello world" }];
  assert.deepEqual(read("gen_ai.output.messages"), [
    { role: "assistant", parts: said },
  ]);
  assert.deepEqual(read("gen_ai.tool.definitions"), [
    { type: "function", name: "look" },
  ]);
});

test("content is opted in by the variable", async () => {
  process.env[CAPTURE] = "span_only";
  try {
    const found = await attributesOf(HELLO, REQUEST);
    assert.match(found["gen_ai.input.messages"], /secret/);
    const off = await attributesOf(HELLO, REQUEST, { captureContent: false });
    assert.ok(!("gen_ai.input.messages" in off));
  } finally {
    delete process.env[CAPTURE];
  }
});

test("tool calls and their results are content", async () => {
  const options = { captureContent: true };
  const step = { vector: "openai_tool_call_whole" };
  const call = {
    id: "call_1",
    type: "function",
    function: { name: "weather", arguments: "not JSON" },
  };
  const messages = [
    ...REQUEST.messages,
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "call_1", content: "rain" },
  ];
  const found = await attributesOf(step, { ...REQUEST, messages }, options);
  const [{ parts }] = JSON.parse(found["gen_ai.output.messages"]);
  assert.equal(parts[0].type, "tool_call");
  assert.deepEqual(parts[0].arguments, { city: "Paris" });
  const [, asked, answered] = JSON.parse(found["gen_ai.input.messages"]);
  assert.deepEqual(asked.parts, [
    { type: "tool_call", id: "call_1", name: "weather", arguments: "not JSON" },
  ]);
  const response = { id: "call_1", response: "rain" };
  assert.deepEqual(answered.parts, [
    { type: "tool_call_response", ...response },
  ]);
});

test("a response that is not collected is not recorded", async () => {
  const options = { captureContent: true, collect: false };
  const found = await attributesOf(HELLO, REQUEST, options);
  assert.ok("gen_ai.input.messages" in found);
  assert.ok(!("gen_ai.output.messages" in found));
});

test("names are those of all languages", () => {
  const names = internals;
  assert.deepEqual(names.PROVIDERS, CONVENTIONS.providers);
  const { attributes } = CONVENTIONS;
  const usage = Object.entries(names.USAGE).map(([field, name]) => [
    field,
    `gen_ai.usage.${name}`,
  ]);
  assert.deepEqual(Object.fromEntries(usage), attributes["of the usage"]);
  const fields = attributes["of the request"];
  const request = Object.fromEntries(
    Object.keys(fields).map((name) => [name, name === "stop" ? ["a"] : 2]),
  );
  const found = Object.keys(names.ofRequest(request, true));
  assert.deepEqual(found.sort(), Object.values(fields).sort());
});

test("the billed count is preferred", () => {
  const usage = { input_tokens: 9, output_tokens: 2, billed_input_tokens: 4 };
  const found = internals.tokensOf({ usage });
  assert.deepEqual(found, { input_tokens: 4, output_tokens: 2 });
  assert.deepEqual(internals.tokensOf({ usage: null }), {});
});

const CACHED = {
  input_tokens: 9,
  cached_input_tokens: 3,
  cache_write_tokens: 2,
  raw: { cache_read_input_tokens: 3, cache_creation_input_tokens: 2 },
};

for (const [what, more, count] of [
  ["cached tokens apart are added", {}, 14],
  ["to a billed count they are not added", { billed_input_tokens: 4 }, 4],
  [
    "to prompt_tokens they are not added",
    { raw: { ...CACHED.raw, prompt_tokens: 9 } },
    9,
  ],
]) {
  test(what, () => {
    const found = internals.tokensOf({ usage: { ...CACHED, ...more } });
    assert.deepEqual(found, {
      input_tokens: count,
      cached_input_tokens: 3,
      cache_write_tokens: 2,
    });
  });
}

test("the request says where it goes", () => {
  for (const [model, ofCall, ofClient, ...found] of [
    ["bedrock/a/b", undefined, undefined, "bedrock", "a/b"],
    ["a/b", undefined, "openai", "openai", "a/b"],
    ["gemini/b", "gemini", "openai", "gemini", "b"],
    ["gemini-2", "gemini", undefined, "gemini", "gemini-2"],
    ["b", undefined, undefined, "unknown", "b"],
  ]) {
    const fields = { model, provider: ofCall };
    const { provider, model: name } = internals.destinationOf(fields, {
      provider: ofClient,
    });
    assert.deepEqual([provider, name], found, model);
  }
});

test("a collector receives the span", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/v1/traces`;
  const processor = new SimpleSpanProcessor(new OTLPTraceExporter({ url }));
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [processor],
  });
  const place = await mock.plan(HELLO);
  const llm = new LiterLlm({ provider: "openai", ...place.options });
  const [[request, response]] = await Promise.all([
    once(server, "request"),
    instrument(llm, { tracerProvider }).invoke(REQUEST),
  ]);
  const { resourceSpans } = await json(request);
  response.setHeader("content-type", "application/json").end("{}");
  await tracerProvider.shutdown();
  server.close();
  const [{ scope, spans }] = resourceSpans[0].scopeSpans;
  assert.equal(scope.name, "liter-llm");
  assert.equal(spans[0].name, "chat gpt-4o-mini");
});

test("a global meter provider may be set later", async () => {
  const recorder = new Recorder();
  const place = await mock.plan(HELLO, HELLO);
  const llm = new LiterLlm({ provider: "openai", ...place.options });
  instrument(llm);
  await llm.invoke(REQUEST);
  metrics.setGlobalMeterProvider(recorder.meters);
  try {
    await llm.invoke(REQUEST);
  } finally {
    metrics.disable();
  }
  const points = await recorder.points();
  const [duration] = points["gen_ai.client.inference.duration"];
  assert.equal(duration.value.count, 1);
});

test("the sample of the docs", async () => {
  const place = await mock.plan(HELLO);
  const { stdout, stderr } = await runSample("telemetry.mjs", place);
  assert.equal(stderr, "");
  // The span may be printed before what was in the same delivery.
  assert.equal(stdout.replace(/\{\n.*\n\}\n/s, ""), "Hello world");
  assert.match(stdout, /name: 'chat gpt-4o-mini'/);
});
