// Faults through the Node package: every row of tests/faults/faults.json, over
// plain HTTP/1.1, over TLS and over HTTP/2. LITER_LLM_FAULTS=F12.http2 plays what holds that.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import diagnostics from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe } from "node:test";

import { LlmError } from "liter-llm";

import { SCHEMA, camelCase } from "../generate.mjs";
import { MESSAGES, Mock, ROOT, shownPiece, test } from "./support.mjs";

const KEY = "test-key-0123456789";
const FAULTS = JSON.parse(
  readFileSync(path.join(ROOT, "tests/faults/faults.json"), "utf8"),
);
// Options of the core's messages have their names in JavaScript here.
const NAMES = new Map(
  [...SCHEMA.client_options, ...SCHEMA.call_options].map(({ name }) => [
    name,
    camelCase(name),
  ]),
);
const OUTSIDE = ["requests", "at_least_ms", "at_most_ms"];
const TRANSPORTS = [
  { name: "http1", port: "http", version: "HTTP/1.1" },
  { name: "tls", port: "https_http1", version: "HTTP/1.1" },
  { name: "http2", port: "https", version: "HTTP/2" },
];
const WANTED = process.env.LITER_LLM_FAULTS ?? "";
const mock = await Mock.start("--tls");

// Most of them wait, so they are played beside each other.
describe("every_fault_ends_as_promised", { concurrency: 8 }, () => {
  for (const transport of TRANSPORTS) {
    for (const [number, fault] of FAULTS.entries()) {
      const name = `${fault.name}.${transport.name}`;
      const applies = transport.name !== "http2" || !fault.http1_only;
      if (!applies || !name.includes(WANTED)) continue;
      test(name, () => play(name, transport, fault, number));
    }
  }
});

async function play(name, transport, fault, number) {
  const key = mock.newKey(name);
  await mock.plan(
    JSON.parse(JSON.stringify(fault.steps).replaceAll("{key}", KEY)),
    key,
  );
  const { expected } = fault;
  // Clients with equal options share connections; a fault needs its own.
  const poolIdleTimeoutMs = 50_000 + number;
  const options = {
    ...{ apiKey: KEY, retriesMax: undefined, logLevel: "debug" },
    ...{
      baseUrl: `${mock.places[transport.port]}/${key}${fault.base_path ?? "/v1"}`,
      caFile: mock.places.ca_file,
    },
    poolIdleTimeoutMs,
    ...optionsOf(fault),
  };
  const llm = mock.connect(key, options);
  const lines = [];
  const listen = (line) => lines.push(line);
  diagnostics.subscribe("liter-llm", listen);
  const began = performance.now();
  const text = JSON.stringify(fault.request ?? {});
  const request = JSON.parse(text.replaceAll("{base_url}", options.baseUrl));
  const answer = call(llm, request);
  if (fault.cancel_when) {
    const when = Object.fromEntries([fault.cancel_when.split("=")]);
    mock.wait(key, when).finally(() => answer.cancel());
  }
  const { response, error } = await outcomeOf(answer);
  const elapsedMs = performance.now() - began;
  diagnostics.unsubscribe("liter-llm", listen);
  llm.close();

  assert.deepEqual(got(response, error, expected), wanted(expected));
  if (error && response.tried) assert.deepEqual(error.tried, response.tried);
  assert.ok(elapsedMs >= (expected.at_least_ms ?? 0), `after ${elapsedMs} ms`);
  assert.ok(
    elapsedMs <= (expected.at_most_ms ?? 30_000),
    `after ${elapsedMs} ms`,
  );
  if (fault.closed) await mock.wait(key, { closed: 1 });
  if (!fault.any_requests) {
    const seen = await mock.seen(key);
    assert.equal(seen.requests_count, expected.requests);
    for (const { version, place } of seen.requests)
      assert.deepEqual([version, place], [transport.version, transport.port]);
  }
  if (fault.never) {
    const secret = fault.never.replaceAll("{key}", KEY);
    assert.equal(
      shownPiece([response, error, error?.partial, lines], secret),
      null,
    );
  }
  if (fault.message_has) {
    const { hostname } = new URL(mock.places[transport.port]);
    const part = fault.message_has
      .replaceAll("127.0.0.1", hostname)
      .replaceAll(/\w+/g, (word) => NAMES.get(word) ?? word);
    assert.ok(error.message.includes(part), error.message);
  }
}

// The options of a client that the row needs.
const optionsOf = (fault) =>
  Object.fromEntries(
    Object.entries(fault.options ?? {}).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
      value,
    ]),
  );

// The attempts that an end or an error lists, as the rows have them.
const triedOf = (attempts) =>
  attempts?.map(({ provider, model, kind, status, maybeExecuted }) => [
    ...[provider, model, kind, status, maybeExecuted],
  ]);

// The function that the row's operation has.
function call(llm, { operation, ...request }) {
  const named = { model: "test-model", ...request };
  switch (operation) {
    case "embed":
      return llm.embed(named);
    case "rerank":
      return llm.rerank(named);
    case "models":
      return llm.models(request);
    case "count_tokens":
      return llm.countTokens(named);
  }
  return llm.invoke({ messages: MESSAGES, stream: true, ...named });
}

// Of an operation without a partial response only the error tells how it ended.
async function outcomeOf(answer) {
  try {
    return { response: await answer, error: null };
  } catch (error) {
    assert.ok(error instanceof LlmError);
    return { response: error.partial ?? { outcome: "failed" }, error };
  }
}

// The numbers as the core delivers them.
const sha256 = (numbers) => createHash("sha256").update(numbers).digest("hex");

// What came, in the words of the fault.
function got(response, error, expected) {
  const all = {
    outcome: response.outcome,
    text: response.text,
    text_length: response.text?.length,
    attempts: response.attempts,
    finish_reason: response.finishReason,
    tool_calls: response.toolCalls,
    vectors: response.count,
    dimensions: response.dimensions,
    vectors_sha256: response.values && sha256(response.values),
    ranked: response.results?.map(({ index }) => index),
    models: response.models?.length,
    counted: response.inputTokens,
    tried: triedOf(response.tried),
    provider: response.provider,
    model: response.model,
  };
  const result = Object.fromEntries(
    Object.entries(all).filter(([name]) => name in expected),
  );
  return {
    ...result,
    warnings: response.warnings ?? [],
    error: error && fieldsOf(error, expected.error ?? { kind: "" }),
  };
}

function fieldsOf(error, expected) {
  const fields = {
    ...{
      kind: error.kind,
      status: error.status,
      code: error.providerCode,
      timer: error.timer,
    },
    ...{
      retryable: error.retryable,
      retry_after_ms: error.retryAfterMs,
      detail: error.detail,
    },
    ...{ phase: error.phase, maybe_executed: error.maybeExecuted },
    ...{ message: error.message, request_id: error.requestId },
    ...{ attempts: error.attempts, provider: error.provider },
    retry_budget_exhausted: error.retryBudgetExhausted,
  };
  return Object.fromEntries(
    Object.keys(expected).map((name) => [name, fields[name]]),
  );
}

function wanted(expected) {
  const inside = Object.entries(expected).filter(
    ([name]) => !OUTSIDE.includes(name),
  );
  return { error: null, warnings: [], ...Object.fromEntries(inside) };
}

test("the_runner_finds_pieces_of_secrets", () => {
  const shows = [
    KEY,
    "\u20260123456789",
    "test-key-",
    { deep: [[[{ a: "est-key-" }]]] },
  ];
  for (const said of shows) assert.ok(shownPiece([said], KEY) !== null);
  for (const said of ["test-ke", "3456789", null, undefined])
    assert.equal(shownPiece([said], KEY), null);
  assert.ok(shownPiece(new Error(`no ${KEY}`), KEY) !== null);
});
