// makeResponse and makeError of liter-llm/testing: what they make is what calls give.
import assert from "node:assert/strict";

import { LlmError, LlmResponse } from "liter-llm";
import { makeError, makeResponse, scripted } from "liter-llm/testing";

import { SCHEMA } from "../generate.mjs";
import { MESSAGES, test } from "./support.mjs";

const REQUEST = { model: "test-model", messages: MESSAGES };
const TIMES = { firstTokenMs: null, totalMs: null, queuedMs: null };
const CALL = { name: "weather", arguments: { city: "Rome" } };

test("a_made_response_is_that_of_a_call", async () => {
  const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
  const parts = [{ type: "citation", url: "u" }];
  const fields = { text: "Hi", reasoning: "so", toolCalls: [CALL], parts };
  const llm = scripted([{ ...fields, usage, id: "r1", requestId: "q1" }]);
  const real = await llm.invoke(REQUEST);
  const { raw } = real.usage;

  const made = makeResponse({
    ...{ ...fields, usage: { ...usage, raw }, id: "r1", requestId: "q1" },
    finishReasonRaw: "tool_calls",
  });

  assert.ok(made instanceof LlmResponse);
  assert.deepEqual(Object.keys(made), Object.keys(real));
  assert.deepEqual({ ...made, ...TIMES }, { ...real, ...TIMES });
  assert.deepEqual(made.message, real.message);
  assert.equal(made.message.tool_calls[0].function.name, "weather");
  llm.close();
});

test("a_made_response_is_complete_whatever_is_given", () => {
  const plain = makeResponse();
  const hi = makeResponse({ text: "hi" });
  const typed = makeResponse({ output: { city: "Rome" } });
  const cut = makeResponse({ outcome: "truncated", finishReason: null });

  assert.deepEqual(
    [plain.text, plain.outcome, plain.finishReason],
    [...["", "complete", "stop"]],
  );
  assert.deepEqual(
    [plain.usage, plain.attempts, plain.provider],
    [...[null, 1, "script"]],
  );
  assert.deepEqual(
    [hi.text, hi.content, hi.message],
    [
      ...["hi", [{ type: "text", text: "hi" }]],
      { role: "assistant", content: "hi" },
    ],
  );
  assert.deepEqual(
    [typed.output, typed.text],
    [...[{ city: "Rome" }, '{"city":"Rome"}']],
  );
  assert.deepEqual([cut.outcome, cut.finishReason], ["truncated", null]);
  assert.equal(makeResponse({ usage: {} }).usage.outputTokens, null);
});

test("a_made_error_of_each_kind_is_that_of_a_call", async () => {
  let played = 0;
  for (const { name: kind } of SCHEMA.error_kinds) {
    const made = makeError(kind, "as written");
    assert.ok(made instanceof LlmError, kind);
    assert.deepEqual(
      [made.kind, made.code, made.message],
      [...[kind, kind, "as written"]],
    );
    let llm;
    try {
      llm = scripted({ error: { kind, message: "m" } }, { retriesMax: 0 });
    } catch (error) {
      assert.match(error.message, /is no error of a provider/);
      assert.deepEqual(
        [made.status, made.retryable, made.attempts],
        [...[null, false, 0]],
      );
      continue;
    }
    const real = await llm.invoke(REQUEST).catch((error) => error);
    const of = ({ kind, status, retryable, attempts, timer, retryAfterMs }) => [
      kind,
      status,
      retryable,
      attempts,
      timer,
      retryAfterMs,
    ];
    assert.deepEqual(of(made), of(real));
    assert.deepEqual(Object.keys(made).sort(), Object.keys(real).sort());
    played++;
    llm.close();
  }
  assert.equal(played, 14);
});

test("a_made_error_has_the_fields_that_are_given", () => {
  const partial = makeResponse({ text: "half" });
  const cause = new Error("why");
  const fields = { retryAfterMs: 5, provider: "openai", status: 503 };

  const error = makeError("RATE_LIMITED", "slow", {
    ...fields,
    partial,
    cause,
  });

  const { retryAfterMs, provider, status, retryable } = error;
  const found = [retryAfterMs, provider, status, retryable];
  assert.deepEqual(found, [5, "openai", 503, true]);
  assert.deepEqual([error.partial, error.cause], [partial, cause]);
  assert.match(error.stack, /^LlmError: slow\n +at .*made\.test\.mjs/);
  assert.equal(makeError("UNKNOWN").retryable, false);
});

test("unknown_names_are_refused", () => {
  const wrong = [
    [
      () => makeResponse({ finishReson: "a" }),
      'makeResponse: "finishReson" is unknown; did you mean "finishReason"?',
    ],
    [
      () => makeError("TIMEOUT", "m", { retry_after_ms: 5 }),
      'makeError: "retry_after_ms" is unknown; did you mean "retryAfterMs"?',
    ],
    [() => makeError("SLOW"), /^makeError: "SLOW" is no kind of error; known/],
  ];

  for (const [make, message] of wrong)
    assert.throws(make, { code: "CONFIG", message });
});
