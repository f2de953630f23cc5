// The option `logger`: which functions are called, with which values, and in which context.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";

import { LiterLlm, LlmError } from "liter-llm";

import { Mock, REQUEST, shownPiece, test } from "./support.mjs";

const mock = await Mock.start();
const LEVELS = ["debug", "info", "warn", "error"];
const FAILS_ONCE = [
  { status: 500, error: { message: "no" }, times: 1 },
  { answer: { text: "Hello" } },
];

// A logger that notes what each of its functions is called with.
function recorder(extra = {}) {
  const calls = [];
  const note = (level) => [
    level,
    (...values) => calls.push([level, ...values]),
  ];
  return {
    calls,
    logger: { ...Object.fromEntries(LEVELS.map(note)), ...extra },
  };
}

async function askWith(options, steps = FAILS_ONCE) {
  const key = await mock.plan(steps);
  return mock.connect(key, { retriesMax: 1, ...options }).invoke(REQUEST);
}

test("a_function_gets_every_line", async () => {
  const lines = [];

  await askWith({ logger: (line) => lines.push(line), logLevel: "debug" });

  assert.ok(lines.length >= 2);
  for (const { level, message, provider, stream } of lines) {
    assert.ok(LEVELS.includes(level), level);
    assert.equal(typeof message, "string");
    assert.deepEqual([provider, stream], ["openai", 1]);
  }
});

test("an_object_is_called_by_level", async () => {
  const { calls, logger } = recorder();

  await askWith({ logger, logLevel: "debug" });

  assert.ok(
    calls.some(([level]) => level === "warn"),
    "a retry is a warning",
  );
  for (const [, message, fields] of calls) {
    assert.equal(typeof message, "string");
    assert.equal(fields.provider, "openai");
    assert.ok(!("level" in fields || "message" in fields));
  }
});

// pino and bunyan ignore an object behind the message.
test("loggers_that_take_fields_first_get_them_first", async () => {
  for (const mark of ["bindings", "addSerializers"]) {
    const { calls, logger } = recorder({ [mark]: () => ({}) });

    await askWith({ logger });

    const [[, fields, message]] = calls;
    assert.equal(fields.provider, "openai", mark);
    assert.equal(typeof message, "string", mark);
  }
});

test("a_logger_gets_info_unless_a_level_is_set", async () => {
  const { calls, logger } = recorder();
  await askWith({ logger });
  assert.ok(calls.length > 0);
  assert.ok(calls.every(([level]) => level !== "debug"));

  const silent = recorder();
  await askWith({ logger: silent.logger, logLevel: "off" });
  assert.deepEqual(silent.calls, []);
});

test("a_logger_runs_in_the_context_of_its_request", async () => {
  const storage = new AsyncLocalStorage();
  const names = new Set();
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key, {
    logger: () => names.add(storage.getStore()),
    logLevel: "debug",
  });

  await Promise.all(
    ["a", "b"].map((name) =>
      storage.run(name, async () => (await llm.invoke(REQUEST)).text),
    ),
  );

  assert.deepEqual([...names].sort(), ["a", "b"]);
});

test("a_logger_that_throws_ends_no_stream", async () => {
  const warned = once(process, "warning");
  const fail = () => {
    throw new Error("disk full");
  };

  const { text } = await askWith({ logger: fail });

  assert.equal(text, "Hello");
  const [warning] = await warned;
  assert.match(warning.message, /the logger failed: disk full/);
});

test("an_async_logger_that_fails_ends_no_process", async () => {
  const warned = once(process, "warning");
  const fail = async () => {
    throw new Error("sink closed");
  };

  const { text } = await askWith({ logger: fail });

  assert.equal(text, "Hello");
  const [warning] = await warned;
  assert.match(warning.message, /the logger failed: sink closed/);
});

test("a_logger_gets_no_key", async () => {
  const secret = "sk-proj-4f9Qz7Lm2Xw8Rb6T";
  const lines = [];
  const error = { message: `no such key: ${secret}` };

  const failure = await askWith(
    { logger: (line) => lines.push(line), logLevel: "debug", apiKey: secret },
    [{ status: 401, error }],
  ).catch((caught) => caught);

  assert.ok(failure instanceof LlmError && lines.length > 0);
  assert.equal(shownPiece([lines, failure], secret), null);
});

test("what_is_no_logger_is_refused", () => {
  const levels = Object.fromEntries(LEVELS.map((name) => [name, () => {}]));
  for (const [logger, message] of [
    ["console", /logger: expected a function or an object with debug, info/],
    [true, /logger: expected a function .*, got true/],
    [{ ...levels, warn: 1 }, /logger: it has no function warn/],
  ])
    assert.throws(() => new LiterLlm({ logger }), { code: "CONFIG", message });
  new LiterLlm({ logger: console }).close();
});
