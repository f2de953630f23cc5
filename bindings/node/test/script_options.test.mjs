// The options `script` and `tape` of LiterLlm itself: names in camel case, and what is checked in
// the constructor without a client of the core.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { LiterLlm, LlmError } from "liter-llm";

import { SCHEMA, camelCase } from "../generate.mjs";
import { MESSAGES, countWakers, test } from "./support.mjs";

const REQUEST = { model: "script/m", messages: MESSAGES };
const require = createRequire(import.meta.url);
const { withScriptAndTape } = require("../lib/script_and_tape.cjs");

const messageOf = (options) => {
  try {
    new LiterLlm(options).close();
  } catch (error) {
    assert.ok(error instanceof LlmError, String(error));
    return error.message;
  }
  return null;
};

// A value for a field, by its name or type; in camel case where it has names of ours.
const VALUES = {
  ...{ text: ["a"], reasoning: "r", tool_calls: [{ name: "f" }] },
  ...{ parts: [{ type: "p" }], embeddings: [[1]], scores: [1], models: ["a"] },
  usage: { inputTokens: 3, raw: {} },
  error: { kind: "OVERLOADED", retryAfterMs: 5 },
  when: { model: "m", operation: "chat", contains: "H" },
  ...{ cut: false, hang: false, headers: { "x-a": "b" } },
};
const sampleOf = ({ name, type }) =>
  VALUES[name] ??
  { boolean: true, text: "t", milliseconds: 0, integer: 7 }[type];

test("every_field_of_an_answer_goes_to_the_core_by_its_name", () => {
  const fields = SCHEMA.script_answer_fields;
  const script = Object.fromEntries(
    fields.map((field) => [camelCase(field.name), sampleOf(field)]),
  );

  const converted = withScriptAndTape({ script: [script, "a"] }).script;

  const expected = Object.fromEntries(
    fields.map((field) => [field.name, sampleOf(field)]),
  );
  expected.usage = { input_tokens: 3, raw: {} };
  expected.error = { kind: "OVERLOADED", retry_after_ms: 5 };
  assert.deepEqual(converted, [expected, "a"]);
  assert.equal(messageOf({ provider: "script", script: [script] }), null);
});

test("a_call_and_a_fallback_may_bring_a_script", async () => {
  const llm = new LiterLlm({ provider: "script", retriesMax: 1 });
  const slow = { error: { status: 429, retryAfterMs: 1 } };
  const script = [slow, { text: "own", finishReason: "length" }];

  const own = await llm.invoke(REQUEST, { script });
  const fallbacks = [{ model: "n", script: [{ text: "b", requestId: "q1" }] }];
  const failing = { script: { error: "NOT_FOUND" }, fallbacks };
  const second = await llm.invoke(REQUEST, failing);

  assert.deepEqual(
    [own.text, own.finishReason, own.attempts],
    [...["own", "length", 2]],
  );
  assert.deepEqual([second.text, second.requestId], ["b", "q1"]);
  llm.close();
});

test("mistakes_of_scripts_and_tapes_are_named_in_camel_case", async () => {
  const file = path.join(tmpdir(), "never-opened.jsonl");
  const wrong = [
    [
      { script: [{ fnishReason: "stop" }] },
      'option script[0]: "fnishReason" is unknown; did you mean "finishReason"?',
    ],
    [
      { script: { text: "a", pieceDelayMs: "1s" } },
      'option script.pieceDelayMs: expected a whole number of milliseconds, got "1s"',
    ],
    [
      { script: [{ error: { retryAfter: 5 } }] },
      'option script[0].error: "retryAfter" is unknown; did you mean "retryAfterMs"?',
    ],
    [
      { tape: { file, fileBytesMax: "many" } },
      'option tape.fileBytesMax: expected a whole number of bytes, got "many"',
    ],
    [
      { tape: { file, fileByteMax: 5 } },
      'option tape: "fileByteMax" is unknown; did you mean "fileBytesMax"?',
    ],
  ];
  for (const [options, message] of wrong)
    assert.equal(messageOf(options), message);

  const llm = new LiterLlm({ provider: "script" });
  const script = [{ delayMs: "1s" }];
  await assert.rejects(llm.invoke(REQUEST, { script }).then(), (error) => {
    const reason = 'expected a whole number of milliseconds, got "1s"';
    assert.equal(error.message, `script[0].delayMs: ${reason}`);
    return true;
  });
  llm.close();
});

// What a test writes in an answer is its own.
test("words_of_a_script_stay_as_they_are", async () => {
  const error = {
    kind: "TLS",
    message: "no option script.retry_after_ms here",
  };
  const llm = new LiterLlm({ provider: "script", script: { error } });

  await assert.rejects(
    llm.invoke(REQUEST).then(),
    /^LlmError: script: no option script.retry_after_ms here$/,
  );
  llm.close();
});

// A client of the core has threads and a waker, and could open a tape.
test("usual_scripts_and_tapes_make_no_native_client", () => {
  const before = countWakers();
  const file = "/nowhere/tape.jsonl";
  const url = pathToFileURL(file);
  const answers = [
    ...[
      "a",
      { text: ["a", ""], finishReason: "stop", usage: { inputTokens: 1 } },
    ],
    { reasoning: "r", toolCalls: [{ name: "f", arguments: {} }], repeat: true },
    { error: 503, delayMs: 0 },
    { error: "OVERLOADED", cut: true, text: "a" },
    { error: { kind: "TLS", message: "\n", retryAfterMs: 5 } },
    { text: "b", when: { contains: "x" }, headers: { "x-a": "b" } },
  ];
  const usual = [
    ...[{ script: "a" }, { script: answers }, { script: answers[1] }],
    ...[{ tape: file }, { tape: url }, { tape: { file: url, mode: "record" } }],
    { tape: { file, mode: "auto", pace: "full", fileBytesMax: 1 << 20 } },
  ];

  const made = usual.map((options) => new LiterLlm(options));

  assert.equal(countWakers(), before);
  for (const llm of made) llm.close();
});
