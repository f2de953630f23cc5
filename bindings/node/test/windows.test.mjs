// Windows: small ones, what is acknowledged when, and responses that are not kept.
import assert from "node:assert/strict";

import { LlmError } from "liter-llm";

import {
  FINISH,
  FakeCore,
  Mock,
  REQUEST,
  chunk,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

const CALL = chunk({
  tool_calls: [
    {
      index: 0,
      id: "c",
      type: "function",
      function: { name: "f", arguments: "{}" },
    },
  ],
});

// More than 32 KiB in pieces of 1 to 100 characters, with reasoning and a tool call between.
function mixed() {
  const pieces = Array.from(
    { length: 400 },
    (_, number) => `${number}${"\u00e9\u{1f600}x".repeat(1 + (number % 25))}`,
  );
  const actions = pieces.flatMap((piece, number) =>
    number % 10
      ? [token(piece)]
      : [token(piece), chunk({ reasoning_content: "hm ".repeat(number) })],
  );
  const end = [CALL, { finish: "tool_calls" }, { done: true }];
  return { step: streaming(...actions, ...end), text: pieces.join("") };
}

const WAYS = {
  tokens: async (llm) => (await read(llm.invoke(REQUEST))).join(""),
  events: async (llm) =>
    (await read(llm.invoke(REQUEST).events()))
      .map((event) => (event.type === "text" ? event.text : ""))
      .join(""),
  complete: async (llm) =>
    (await llm.invoke({ ...REQUEST, stream: true })).text,
  "the rest": async (llm) => {
    const stream = llm.invoke(REQUEST);
    await stream.events().next();
    return (await stream).text;
  },
  "several at once": async (llm) => {
    const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
    const nexts = Array.from({ length: 401 }, () => reader.next());
    return (await Promise.all(nexts)).map((next) => next.value ?? "").join("");
  },
  whole: async (llm) => (await llm.invoke(REQUEST)).text,
};

test("small_windows", async () => {
  const { step, text } = mixed();
  for (const window of [undefined, 1, 2, 3, 4, 7, 100, 4096, 16_383, 65_536]) {
    for (const [name, use] of Object.entries(WAYS)) {
      const played = name === "whole" ? { answer: { text } } : step;
      const key = await mock.plan([played]);
      const llm = mock.connect(key, { streamWindowBytes: window });

      assert.equal(await use(llm), text, `${name} with ${window}`);

      llm.close();
    }
  }
});

// What was not read is not acknowledged: the core delivers the window and no more.
test("acknowledges_what_was_read", async () => {
  const [window, piece, pieces] = [65_536, 4096, 16_000];
  const flood = { repeat: pieces, actions: [token("x".repeat(piece))] };
  const key = await mock.plan([streaming(flood, ...FINISH)]);
  const stream = mock
    .connect(key, { streamWindowBytes: window })
    .invoke(REQUEST);
  const reader = stream[Symbol.asyncIterator]();
  let taken = 0;

  for (let round = 0; round < 24; round++) {
    taken += (await reader.next()).value.length;
    // The round trip gives the provider time to send what the window allows.
    await mock.wait(key, { bytes: 1 });
    const came = stream.response.text.length - taken;
    assert.ok(came <= window + 2 * 16_384, `${came} bytes after ${taken}`);
  }

  await mock.never(key, { bytes: (pieces * piece) / 2 });
  const came = stream.response.text.length - taken;
  assert.ok(came <= window + 2 * 16_384, `${came} bytes after ${taken}`);
  await reader.return();
  await mock.wait(key, { closed: 1 });
});

// What was read is acknowledged once, and only when no item waits to be taken.
test("acknowledges_each_byte_once", async () => {
  const core = new FakeCore();
  const llm = new core.LiterLlm({ streamWindowBytes: 40 });
  const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  const waiting = reader.next();
  const [START, TEXT] = [1, 2];

  core.deliver(1, [START, "{}"], [TEXT, "one"], [TEXT, "zw\u00f6lf"]);
  await waiting;
  assert.deepEqual(core.callsOf("acknowledge"), []);
  await reader.next();
  reader.next();
  assert.deepEqual(core.callsOf("acknowledge"), [[1, 2 + 3 + 6]]);
  core.deliver(1, [TEXT, "0123456789"]);
  reader.next();

  assert.deepEqual(core.callsOf("acknowledge").slice(1), [[1, 10]]);
});

const EVERYTHING = streaming(
  chunk({ reasoning_content: "hm" }),
  ...[token("one "), token("two"), chunk({ refusal: "no" }), CALL],
  ...[{ finish: "tool_calls" }, { usage: true }, { done: true }],
);

function assertEmpty(response) {
  const { text, reasoning, refusal, toolCalls, parts, content } = response;
  assert.deepEqual(
    { text, reasoning, refusal, toolCalls, parts, content },
    {
      ...{ text: "", reasoning: "", refusal: null },
      ...{ toolCalls: [], parts: [], content: [] },
    },
  );
  assert.equal(response.collected, false);
  assert.throws(() => response.message, TypeError);
}

test("collect_false_keeps_nothing", async () => {
  const key = await mock.plan([EVERYTHING]);
  const calls = [
    [{ collect: false }, REQUEST, {}],
    [{ collect: true }, REQUEST, { collect: false }],
    [{}, { ...REQUEST, collect: false }, {}],
  ];
  for (const [options, request, callOptions] of calls) {
    const llm = mock.connect(key, options);
    const stream = llm.invoke(request, callOptions);

    const types = (await read(stream.events())).map((event) => event.type);

    const given = ["start", "reasoning", "text", "text", "part"];
    assert.deepEqual(types.slice(0, 5), given);
    assert.deepEqual(types.slice(-2), ["tool_call", "end"]);
    for (const response of [
      stream.response,
      await llm.invoke(request, callOptions),
      await llm.invoke({ ...request, stream: true }, callOptions),
    ]) {
      assertEmpty(response);
      const { outcome, finishReason, provider, usage } = response;
      assert.deepEqual(
        [outcome, finishReason, provider, typeof usage.outputTokens],
        ["complete", "tool_calls", "openai", "number"],
      );
    }
  }
  const kept = mock.connect(key, { collect: false });
  const response = await kept.invoke(REQUEST, { collect: true });
  assert.deepEqual([response.text, response.toolCalls.length], ["one two", 1]);
  const { requests } = await mock.seen(key);
  assert.ok(!JSON.stringify(requests).includes("collect"));
});

test("collect_false_leaves_partial_empty", async () => {
  const key = await mock.plan([streaming(token("one"), { reset: true })]);
  const llm = mock.connect(key, { collect: false });

  const error = await read(llm.invoke(REQUEST)).catch((failure) => failure);

  assert.deepEqual(
    [error.code, error.partial.outcome],
    ["TRUNCATED", "truncated"],
  );
  assertEmpty(error.partial);
});

test("collect_is_true_or_false", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key, { collect: null });

  const wrong = { collect: "no" };
  assert.throws(() => mock.connect(key, wrong), { code: "CONFIG" });
  await assert.rejects(
    llm.invoke(REQUEST, { collect: 0 }),
    (error) => error instanceof LlmError && error.code === "INVALID_REQUEST",
  );
  assert.equal(
    (await llm.invoke(REQUEST, { collect: undefined })).text,
    "Hello",
  );
  assert.equal((await mock.seen(key)).requests_count, 1);
});

test("collect_false_memory", async () => {
  const [piece, pieces] = [4096, 8000];
  const flood = { repeat: pieces, actions: [token("x".repeat(piece))] };
  const key = await mock.plan([streaming(flood, ...FINISH)]);
  const llm = mock.connect(key, { collect: false });
  const heap = () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = heap();
  let [most, taken] = [0, 0];
  const take = (text) => {
    taken += text.length;
    if (taken % (1000 * piece) === 0) most = Math.max(most, heap());
  };

  for await (const text of llm.invoke(REQUEST)) take(text);
  for await (const event of llm.invoke(REQUEST).events())
    if (event.type === "text") take(event.text);
  const stream = llm.invoke({ ...REQUEST, stream: true });
  await stream;
  most = Math.max(most, heap());

  assert.equal(taken, 2 * pieces * piece);
  assert.equal(stream.response.text, "");
  // One read of the core may go past the window, and the test itself uses some memory.
  const grown = (most - before) / 1024;
  assert.ok(grown < 256 + 2048, `${grown} KiB`);
});
