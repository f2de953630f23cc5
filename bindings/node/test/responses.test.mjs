// From the core's events to readers and responses: order, the end, errors, events of a later core.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

import { LlmError } from "liter-llm";

import {
  FakeCore,
  Mock,
  REQUEST,
  ROOT,
  chunk,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

const START = [1, '{"id": "1", "provider": "openai"}'];
const TEXT = 2;
const TOOL_CALL = 5;
const END = 7;
const COMPLETE = [END, '{"outcome": "complete", "finish_reason": "stop"}'];

// A response of Anthropic's: signed thinking, text, redacted thinking, text.
function thinks() {
  const sse = (data) => ({ sse: data });
  const begin = (index, content_block) =>
    sse({ type: "content_block_start", index, content_block });
  const add = (index, delta) =>
    sse({ type: "content_block_delta", index, delta });
  const end = (index) => sse({ type: "content_block_stop", index });
  const text = (index, text) => [
    begin(index, { type: "text", text: "" }),
    add(index, { type: "text_delta", text }),
    end(index),
  ];
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = { id: "m", type: "message", role: "assistant", model: "m" };
  return streaming(
    sse({ type: "message_start", message: { ...message, content: [], usage } }),
    begin(0, { type: "thinking", thinking: "", signature: "" }),
    add(0, { type: "thinking_delta", thinking: "hm" }),
    add(0, { type: "signature_delta", signature: "signed" }),
    end(0),
    ...text(1, "one "),
    begin(2, { type: "redacted_thinking", data: "b3BhcXVl" }),
    end(2),
    ...text(3, "two"),
    sse({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage }),
    sse({ type: "message_stop" }),
  );
}

test("headers_of_the_response_are_reported", async () => {
  const message = { role: "assistant", content: "hi" };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  const headers = [
    ["content-type", "application/json"],
    ["X-Cost", "0.1"],
    ["x-other", "1"],
  ];
  const body = JSON.stringify({ choices });
  const key = await mock.plan([{ status: 200, headers, body }]);
  const llm = mock.connect(key, { reportHeaders: ["x-cost", "x-missing"] });

  const response = await llm.invoke(REQUEST);

  assert.deepEqual(response.headers, { "x-cost": "0.1" });
});

// Blocks that only the provider understands keep their place between the texts.
test("content_keeps_order", async () => {
  const key = await mock.plan([thinks()]);
  const llm = mock.connect(key, { provider: "anthropic" });
  const request = { ...REQUEST, max_tokens: 100 };
  const stream = llm.invoke(request);

  // Reading `response` in between changes nothing.
  for await (const _ of stream) assert.ok(stream.response);
  const user = { role: "user", content: "go on" };
  const messages = [...REQUEST.messages, stream.response.message, user];
  await llm.invoke({ ...request, messages });

  const [, { body }] = (await mock.seen(key)).requests;
  assert.deepEqual(body.messages[1], {
    role: "assistant",
    content: [
      { type: "thinking", thinking: "hm", signature: "signed" },
      { type: "text", text: "one " },
      { type: "redacted_thinking", data: "b3BhcXVl" },
      { type: "text", text: "two" },
    ],
  });
});

// The provider's own fields of a call go back with the call.
test("call_keeps_its_fields", async () => {
  const sign = { extra_content: { google: { thought_signature: "c2ln" } } };
  const called = { name: "f", arguments: "{}" };
  const call = { id: "c1", type: "function", function: called, ...sign };
  const end = [{ finish: "tool_calls" }, { done: true }];
  const step = streaming(
    chunk({ tool_calls: [{ index: 0, ...call }] }),
    ...end,
  );
  const key = await mock.plan([step, step]);
  const llm = mock.connect(key);
  const { message, toolCalls } = await llm.invoke({ ...REQUEST, stream: true });
  const result = { role: "tool", tool_call_id: "c1", content: "r" };
  const messages = [...REQUEST.messages, message, result];
  await llm.invoke({ ...REQUEST, stream: true, messages });

  assert.deepEqual(toolCalls, [{ index: 0, id: "c1", ...called, extra: sign }]);
  const [, { body }] = (await mock.seen(key)).requests;
  assert.deepEqual(body.messages[1].tool_calls, [call]);
});

// Events that only a later core knows are skipped and still acknowledged.
test("unknown_events_are_ignored", async () => {
  for (const use of [
    (stream) => read(stream.events()),
    async (stream) => await stream,
  ]) {
    const core = new FakeCore();
    const llm = new core.LiterLlm({ streamWindowBytes: 4 });
    const stream = llm.invoke(REQUEST);
    const reading = use(stream);
    await Promise.resolve();

    core.deliver(1, START, [200, '{"of": "a later core"}'], [TEXT, "one "]);
    core.deliver(1, [77, "neither JSON nor text \u00e9"], [8, "{}"]);
    core.deliver(77, [TEXT, "nobody's"], [1, "{}"], COMPLETE);
    await new Promise((resolve) => setImmediate(resolve));
    const acknowledged = core
      .callsOf("acknowledge")
      .reduce((sum, [, bytes]) => sum + bytes, 0);
    core.deliver(
      1,
      [TEXT, "two"],
      [END, '{"outcome": "complete", "new_field": 1}'],
    );

    const came = await reading;
    if (Array.isArray(came))
      assert.deepEqual(
        came.map((event) => event.type),
        ["start", "text", "text", "end"],
      );
    assert.deepEqual(
      [stream.response.text, stream.response.id, stream.response.outcome],
      ["one two", "1", "complete"],
    );
    const bytes = `${START[1]}{"of": "a later core"}one neither JSON nor text \u00e9{}`;
    assert.equal(acknowledged, Buffer.byteLength(bytes));
    assert.deepEqual(core.callsOf("cancel"), []);
  }
});

test("end_is_delivered_once", async () => {
  const core = new FakeCore();
  const stream = new core.LiterLlm().invoke(REQUEST);
  const reader = stream.events();
  const nexts = Array.from({ length: 5 }, () => reader.next());

  core.deliver(1, START, [TEXT, "one"], COMPLETE, [TEXT, "two"]);
  core.deliver(1, [
    END,
    '{"outcome": "failed", "error": {"kind": "INTERNAL"}}',
    19,
  ]);

  assert.deepEqual(
    (await Promise.all(nexts)).map((next) => next.value?.type),
    ["start", "text", "end", undefined, undefined],
  );
  assert.equal((await stream).text, "one");
  assert.deepEqual(await reader.next(), { value: undefined, done: true });
});

test("warnings_of_the_start_and_of_the_end", async () => {
  const core = new FakeCore();
  const stream = new core.LiterLlm().invoke(REQUEST);
  const reader = stream.events();
  const nexts = [reader.next(), reader.next()];

  core.deliver(
    1,
    [1, '{"warnings": ["top_p left out"]}'],
    [END, '{"outcome": "complete", "warnings": ["no finish reason"]}'],
  );

  const [start, end] = (await Promise.all(nexts)).map((next) => next.value);
  assert.deepEqual(start.warnings, ["top_p left out"]);
  assert.deepEqual(end.warnings, ["no finish reason"]);
  const all = ["top_p left out", "no finish reason"];
  assert.deepEqual(stream.response.warnings, all);
});

// A stream ends once, whether its end or the abort comes first.
test("end_races_with_abort", async () => {
  const key = await mock.plan([{ answer: { text: "Hello wide world" } }]);
  const llm = mock.connect(key);
  const outcomes = { complete: 0, CANCELLED: 0 };
  for (let number = 0; number < 200; number++) {
    const aborter = new AbortController();
    const reader = llm.invoke(REQUEST, { signal: aborter.signal }).events();
    const ends = [];
    for (let count = 0, done = false; !done; count++) {
      if (count === number % 7) aborter.abort();
      const next = await reader.next().catch((error) => error);
      if (next instanceof LlmError) ends.push(next.code);
      else if (next.value?.type === "end") ends.push("complete");
      done = next.done === true;
    }
    assert.equal(ends.length, 1, String(ends));
    outcomes[ends[0]]++;
  }
  assert.ok(outcomes.complete > 0 && outcomes.CANCELLED > 0);
  assert.equal(outcomes.complete + outcomes.CANCELLED, 200);
});

// After an abort a reader gets an error, not an end as if the pieces it missed were not there.
test("aborted_reader_gets_no_end", async () => {
  for (const read of ["events", Symbol.asyncIterator]) {
    const core = new FakeCore();
    const aborter = new AbortController();
    const { signal } = aborter;
    const stream = new core.LiterLlm().invoke(REQUEST, { signal });
    const reader = stream[read]();
    const first = reader.next();
    core.deliver(1, START, [TEXT, "one"]);
    await first;

    aborter.abort("enough");
    core.deliver(1, [TEXT, "two"], COMPLETE);

    const error = await reader.next().catch((failure) => failure);
    assert.deepEqual([error.code, error.cause], ["CANCELLED", "enough"]);
    assert.equal(error.partial.text, "onetwo");
    assert.deepEqual(await reader.next(), { value: undefined, done: true });
    assert.deepEqual(core.callsOf("cancel"), [[1]]);
  }
});

// return() after an abort gives no error.
test("return_after_abort_ends_a_waiting_next", async () => {
  const core = new FakeCore();
  const aborter = new AbortController();
  const { signal } = aborter;
  const reader = new core.LiterLlm().invoke(REQUEST, { signal }).events();
  const waiting = reader.next();

  aborter.abort();
  await reader.return();

  assert.deepEqual(await waiting, { value: undefined, done: true });
  core.deliver(1, [END, '{"outcome": "cancelled", "error": {}}', 17]);
  assert.deepEqual(await reader.next(), { value: undefined, done: true });
});

// An event that cannot be read ends its stream as INTERNAL, whatever arrives later.
test("unreadable_event_ends_the_stream", async () => {
  const core = new FakeCore();
  const stream = new core.LiterLlm().invoke(REQUEST);
  const reading = read(stream).catch((error) => error);
  await Promise.resolve();

  core.deliver(
    1,
    START,
    [TEXT, "one"],
    [TOOL_CALL, "{"],
    [TEXT, "two"],
    COMPLETE,
  );

  const error = await reading;
  assert.ok(error instanceof core.LlmError);
  assert.deepEqual([error.code, error.partial.text], ["INTERNAL", "one"]);
  assert.deepEqual(core.callsOf("cancel"), [[1]]);
});

const failed = (error, number) => [
  END,
  JSON.stringify({ outcome: "failed", attempts: 3, error }),
  number,
];

async function errorOf(details, number) {
  const core = new FakeCore();
  const reading = read(new core.LiterLlm().invoke(REQUEST)).catch(
    (error) => error,
  );
  await Promise.resolve();
  core.deliver(1, START, [TEXT, "one"], failed(details, number));
  const error = await reading;
  assert.ok(error instanceof core.LlmError && error instanceof Error);
  return error;
}

// Every name of the header is a code, and every field of an error is read.
test("errors_map_to_classes", async () => {
  const header = readFileSync(path.join(ROOT, "include/liter_llm.h"), "utf8");
  const kinds = [...header.matchAll(/^#define LLM_ERROR_(\w+) ([1-9]\d*)$/gm)];
  assert.ok(kinds.length >= 19);
  for (const [, kind, number] of kinds) {
    const error = await errorOf({ kind, message: "m" }, Number(number));
    assert.deepEqual(
      [error.name, error.kind, error.code, error.message],
      ["LlmError", kind, kind, "m"],
    );
  }
  const details = {
    ...{ kind: "TIMEOUT", number: 13, message: "m", status: 503, code: "c" },
    ...{ provider: "p", retryable: true, retry_after_ms: 1500, attempts: 3 },
    ...{ phase: "body", timer: "idle", request_id: "r", maybe_executed: true },
    ...{ detail: "d", field_of_a_later_core: 1, retry_budget_exhausted: true },
    tried: [{ provider: "p", model: "m", milliseconds: 5 }],
  };
  assert.deepEqual(
    { ...(await errorOf(details, 13)) },
    {
      ...{ kind: "TIMEOUT", status: 503, providerCode: "c", provider: "p" },
      ...{ retryable: true, retryAfterMs: 1500, attempts: 3, phase: "body" },
      ...{ timer: "idle", requestId: "r", maybeExecuted: true, detail: "d" },
      retryBudgetExhausted: true,
      tried: [
        {
          ...{ provider: "p", model: "m", kind: null, status: null },
          ...{ milliseconds: 5, maybeExecuted: false },
        },
      ],
    },
  );
  assert.deepEqual(
    { ...(await errorOf({ kind: "OF_A_LATER_CORE" }, 77)) },
    {
      ...{ kind: "OF_A_LATER_CORE", status: null, providerCode: null },
      ...{ provider: null, retryable: false, retryAfterMs: null, attempts: 0 },
      ...{ phase: null, timer: null, requestId: null, maybeExecuted: false },
      ...{ detail: null, retryBudgetExhausted: false, tried: [] },
    },
  );
});

// An error carries everything that was received before it, however the stream is read.
test("partial_is_attached", async () => {
  const thought = chunk({ reasoning_content: "hm" });
  const cut = streaming(thought, token("one "), token("two"), { reset: true });
  const key = await mock.plan([cut]);
  const llm = mock.connect(key);
  const ways = {
    tokens: (stream) => read(stream),
    events: (stream) => read(stream.events()),
    whole: async (stream) => await stream,
  };
  for (const [name, use] of Object.entries(ways)) {
    const stream = llm.invoke({ ...REQUEST, stream: true });

    const error = await use(stream).catch((failure) => failure);

    assert.equal(error.code, "TRUNCATED", name);
    const { text, reasoning, outcome, provider, attempts } = error.partial;
    assert.deepEqual(
      { text, reasoning, outcome, provider, attempts },
      {
        ...{ text: "one two", reasoning: "hm", outcome: "truncated" },
        ...{ provider: "openai", attempts: 1 },
      },
    );
    assert.equal(stream.response, error.partial);
    assert.ok(!("partial" in { ...error }));
  }
  const closed = mock.connect(key);
  closed.close();
  const none = await closed.invoke(REQUEST).catch((error) => error);
  assert.deepEqual([none.code, none.partial], ["CLOSED", null]);
});
