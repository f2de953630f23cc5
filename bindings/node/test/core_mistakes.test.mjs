// The core's table of mistakes, tests/mistakes.json, through this package: the same messages, with
// the names of options in camel case. And how a misspelled name finds the one that was meant.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { LiterLlm, LlmError } from "liter-llm";

import { SCHEMA, camelCase } from "../generate.mjs";
import { Mock, ROOT, countWakers, test } from "./support.mjs";

const mock = await Mock.start();
const key = await mock.plan([{ answer: { text: "Hello" } }]);
const require = createRequire(import.meta.url);
const { nearestNames } = require("../lib/nearest_names.cjs");

async function errorOf(stream) {
  const error = await stream.catch((failure) => failure);
  assert.ok(error instanceof LlmError, String(error));
  return [error.code, error.message];
}

const TABLE = JSON.parse(
  readFileSync(path.join(ROOT, "tests/mistakes.json"), "utf8"),
);
const OPTIONS = [...SCHEMA.client_options, ...SCHEMA.call_options].map(
  ({ name }) => name,
);
// Fields of answers, of their errors and of tapes.
const NESTED = [
  ...SCHEMA.script_answer_fields,
  ...SCHEMA.script_error_fields,
  ...SCHEMA.tape_fields,
].map(({ name }) => name);
// This package refuses a request that is no object itself, and camel case is right here.
const NOT_HERE = [
  "request_is_a_list",
  "request_is_text",
  "a_name_is_camel_case",
];

function inCamelCase(message, names) {
  const known = new Set([...OPTIONS, ...names]);
  return message.replaceAll(/\w+/g, (word) =>
    known.has(word) ? camelCase(word) : word,
  );
}

for (const { name, request, kind, message } of TABLE.requests) {
  if (NOT_HERE.includes(name)) continue;
  test(`mistake of the core's table: ${name}`, async () => {
    const llm = mock.connect(key);
    const { embed, rerank, models, countTokens: count_tokens } = llm;
    const functions = { embed, rerank, models, count_tokens };
    const call = functions[request.operation] ?? llm.invoke;

    const error = await errorOf(call.call(llm, request));

    const expected = [kind, inCamelCase(message, [])];
    assert.deepEqual(error, expected);
  });
}

for (const { name, options, kind, message } of TABLE.options) {
  if (NOT_HERE.includes(name)) continue;
  test(`mistake of the core's table: options, ${name}`, () => {
    const given = Object.fromEntries(
      Object.entries(options).map(([name, value]) => [camelCase(name), value]),
    );

    // In the constructor: no request is needed.
    assert.throws(
      () => new LiterLlm(given),
      (error) => {
        const { script, tape } = options;
        const nested = (script ?? tape) ? NESTED : [];
        const names = [...Object.keys(options), ...nested];
        const expected = inCamelCase(message, names);
        assert.ok(error instanceof LlmError, String(error));
        assert.deepEqual([error.code, error.message], [kind, expected]);
        return true;
      },
    );
  });
}

// A client of the core has threads and a waker, so none is made of usual options.
test("usual_options_make_no_native_client", async () => {
  const before = countWakers();
  const usual = {
    ...{ provider: "anthropic", apiKey: "k", baseUrl: "http://127.0.0.1:1/v1" },
    ...{ idleTimeoutMs: 0, totalTimeoutMs: 90_000, retriesMax: 0 },
    ...{ lenient: true, headers: { "X-Team": "blue" }, collect: false },
    ...{ logger: console, logLevel: "warn", streamWindowBytes: 1 << 20 },
    ...{ caFile: "/nowhere/ca.pem", workerThreads: 2, retryBudget: 0 },
  };

  const made = [new LiterLlm(), new LiterLlm(usual)];
  new LiterLlm({ apiKey: () => "k", provider: undefined });

  assert.equal(countWakers(), before);
  for (const llm of made) llm.close();
});

test("misspelled_names_find_the_name_that_was_meant", () => {
  const names = SCHEMA.client_options.map(({ name }) => name);
  const meant = {
    retrys_max: ["retries_max"],
    conect_timout_ms: ["connect_timeout_ms"],
    worker_thread: ["worker_threads"],
    idle_pool_timeout_ms: ["pool_idle_timeout_ms", "idle_timeout_ms"],
    ...{ proyx: ["proxy"], idle_timeouts_ms: ["idle_timeout_ms"] },
    ...{ ms: [], proxies: [], "": [], ["base_url".repeat(9)]: [] },
  };
  for (const [name, expected] of Object.entries(meant))
    assert.deepEqual(nearestNames(name, names), expected, name);
});

// The rules are those of the core, so they find the same names.
test("nearest_names_are_those_of_the_core", () => {
  const names = SCHEMA.client_options.map(({ name }) => name);
  let compared = 0;
  for (const { options, message } of TABLE.options) {
    if (!/^option "\w+" is unknown/.test(message)) continue;
    const [, ...expected] = message.match(/"[^"]+"/g);
    const near = nearestNames(Object.keys(options)[0], names);
    assert.deepEqual(
      near.map((name) => `"${name}"`),
      expected,
    );
    compared++;
  }
  assert.ok(compared >= 5, `${compared} rows were compared`);
});
