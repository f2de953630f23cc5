// The ways to read a stream, and what a request and its options may hold.
import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";

import { LiterLlm, LlmError, LlmResponse } from "liter-llm";

import {
  FINISH,
  Mock,
  REQUEST,
  read,
  shownPiece,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const planHello = () => mock.plan([{ answer: { text: "Hello world" } }]);

test("whole_response", async () => {
  const key = await planHello();
  const llm = mock.connect(key);

  const response = await llm.invoke(REQUEST);

  assert.ok(response instanceof LlmResponse);
  assert.deepEqual(
    [response.text, response.outcome, response.attempts],
    ["Hello world", "complete", 1],
  );
  assert.deepEqual(response.message, {
    role: "assistant",
    content: "Hello world",
  });
  assert.equal(typeof response.usage.outputTokens, "number");
  assert.equal((await mock.seen(key)).requests[0].body.stream ?? false, false);
  await llm.invoke({ ...REQUEST, stream: true });
  assert.equal((await mock.seen(key)).requests[1].body.stream, true);
});

test("nothing_is_sent_before_the_first_use", async () => {
  const key = await planHello();
  const stream = mock.connect(key).invoke(REQUEST);

  assert.equal(stream.response.outcome, null);
  assert.equal((await mock.seen(key)).requests_count, 0);
  const twice = await Promise.all([stream, stream]);

  assert.equal(twice[0], twice[1]);
  assert.equal((await mock.seen(key)).requests_count, 1);
});

test("a_stream_is_read_once", async () => {
  const stream = mock.connect(await planHello()).invoke(REQUEST);

  for await (const piece of stream) assert.ok(piece);

  assert.throws(() => stream.events(), TypeError);
  await assert.rejects(async () => read(stream), TypeError);
  assert.equal((await stream).text, "Hello world");
});

test("the_rest_can_be_awaited", async () => {
  const key = await mock.plan([
    streaming(token("one "), token("two"), ...FINISH),
  ]);
  const stream = mock.connect(key).invoke(REQUEST);
  const reader = stream[Symbol.asyncIterator]();

  assert.equal((await reader.next()).value, "one ");

  assert.equal((await stream).text, "one two");
  assert.deepEqual(await reader.next(), { value: undefined, done: true });
});

test("several_may_wait_at_once", async () => {
  const key = await mock.plan([
    streaming(...["a", "b", "c"].map(token), ...FINISH),
  ]);
  const reader = mock.connect(key).invoke(REQUEST)[Symbol.asyncIterator]();

  const nexts = await Promise.all(
    Array.from({ length: 5 }, () => reader.next()),
  );

  assert.deepEqual(
    nexts.map((next) => next.value),
    ["a", "b", "c", undefined, undefined],
  );
});

test("events", async () => {
  const key = await planHello();
  const stream = mock.connect(key).invoke(REQUEST);

  const events = await read(stream.events());

  const text = events
    .filter((event) => event.type === "text")
    .map((event) => event.text);
  const [start, end] = [events[0], events.at(-1)];
  assert.equal(text.join(""), "Hello world");
  assert.deepEqual(
    [start.type, start.provider, start.warnings],
    ["start", "openai", []],
  );
  assert.deepEqual([end.type, end.finishReason], ["end", "stop"]);
  assert.deepEqual(end.usage, stream.response.usage);
});

test("text_is_cut_where_the_provider_cut_it", async () => {
  const pieces = [
    "a\0b",
    "é",
    "中",
    "\u{1f600}\u{1f600}",
    " ",
    "plain",
    "e\u0301",
    "\u{10ffff}",
  ];
  const key = await mock.plan([streaming(...pieces.map(token), ...FINISH)]);

  const readings = Array.from({ length: 50 }, () =>
    read(mock.connect(key).invoke(REQUEST)),
  );

  for (const tokens of await Promise.all(readings))
    assert.deepEqual(tokens, pieces);
});

test("fields_pass_unchanged_and_options_in_camel_case", async () => {
  const key = await planHello();
  const llm = mock.connect(key, { headers: { "X-Team-Name": "blue" } });
  const request = {
    ...REQUEST,
    max_tokens: 5,
    ourOwnField: { camelCase: [1, null] },
  };

  await llm.invoke(request, { headersTimeoutMs: 5000, apiKey: "other-key" });

  const [{ body, headers }] = (await mock.seen(key)).requests;
  const sent = Object.fromEntries(
    headers.map(([name, value]) => [name.toLowerCase(), value]),
  );
  assert.deepEqual(body.ourOwnField, { camelCase: [1, null] });
  assert.equal(body.headers_timeout_ms, undefined);
  assert.deepEqual(
    [sent["x-team-name"], sent.authorization],
    ["blue", "Bearer other-key"],
  );
  assert.deepEqual(request, {
    ...REQUEST,
    max_tokens: 5,
    ourOwnField: { camelCase: [1, null] },
  });
});

test("mistakes_are_said_at_the_first_use", async () => {
  const key = await planHello();
  const noKey = new LiterLlm({ provider: "openai" });
  const cyclic = { ...REQUEST };
  cyclic.self = cyclic;

  assert.throws(() => new LiterLlm({ apiKey: "k", idleTimeout: 1 }), {
    code: "CONFIG",
    message: /"idleTimeout" is unknown/,
  });
  await assert.rejects(noKey.invoke(REQUEST), { code: "CONFIG" });
  await assert.rejects(mock.connect(key).invoke(cyclic), {
    code: "INVALID_REQUEST",
  });
  await assert.rejects(mock.connect(key).invoke({ model: "m" }), {
    code: "INVALID_REQUEST",
  });
  for (const request of ["Hello", null, [], undefined, 1n]) {
    assert.throws(() => mock.connect(key).invoke(request), LlmError);
  }
});

test("the_log_is_a_diagnostics_channel", async () => {
  const key = await mock.plan([
    { status: 500, error: { message: "no" }, times: 1 },
  ]);
  const lines = [];
  const listen = (line) => lines.push(line);
  diagnostics.subscribe("liter-llm", listen);

  await mock
    .connect(key, { logLevel: "debug", retriesMax: 1 })
    .invoke(REQUEST)
    .catch(() => {});

  diagnostics.unsubscribe("liter-llm", listen);
  assert.ok(lines.length > 0);
  assert.deepEqual(
    [typeof lines[0].level, typeof lines[0].message],
    ["string", "string"],
  );
});

// The provider repeats the key in everything that it sends. Neither the log, which has a line for
// each attempt, nor the error shows any part of it, wherever the key came from.
test("the_log_hides_keys_that_the_provider_echoes", async (t) => {
  const secret = "sk-proj-4f9Qz7Lm2Xw8Rb6T";
  const from = {
    options: [{ apiKey: secret }, {}],
    call: [{}, { apiKey: secret }],
    header: [
      {},
      { headers: { "X-Own-Token": secret, Authorization: `Bearer ${secret}` } },
    ],
    environment: [{ apiKey: undefined }, {}],
  };
  for (const [name, [options, callOptions]] of Object.entries(from)) {
    await t.test(name, async () => {
      const text = `no such key: ${secret}`;
      const echo = (status) => ({
        status,
        headers: [["x-request-id", secret]],
        error: { message: text, type: secret, code: secret },
      });
      const key = await mock.plan([echo(500), echo(503), echo(401)]);
      const lines = [];
      const listen = (line) => lines.push(line);
      diagnostics.subscribe("liter-llm", listen);
      if (name === "environment") process.env.OPENAI_API_KEY = secret;

      const llm = mock.connect(key, {
        logLevel: "debug",
        logBodies: true,
        retriesMax: 2,
        ...options,
      });
      const error = await llm
        .invoke(REQUEST, callOptions)
        .catch((failure) => failure);

      delete process.env.OPENAI_API_KEY;
      diagnostics.unsubscribe("liter-llm", listen);
      assert.equal((await mock.seen(key)).requests_count, 3);
      assert.ok(lines.length >= 3);
      assert.equal(error.code, "AUTHENTICATION");
      assert.equal(shownPiece([lines, error, error.partial], secret), null);
    });
  }
});
