// AsyncLocalStorage: each request runs in the context of its caller, and no context is kept.
import assert from "node:assert/strict";
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import diagnostics from "node:diagnostics_channel";

import { LlmError } from "liter-llm";

import {
  FINISH,
  HANG,
  Mock,
  REQUEST,
  collect,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const storage = new AsyncLocalStorage();
const other = new AsyncLocalStorage();

// Each line of the log with the context that its listener is called in.
async function linesOf(work) {
  const lines = [];
  const listen = (line) => lines.push([storage.getStore(), line]);
  diagnostics.subscribe("liter-llm", listen);
  try {
    await work();
  } finally {
    diagnostics.unsubscribe("liter-llm", listen);
  }
  return lines;
}

const USES = {
  tokens: (stream) => read(stream),
  events: (stream) => read(stream.events()),
  whole: async (stream) => await stream,
};

test("log_lines_carry_their_request", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key, { logLevel: "debug" });
  const names = Array.from({ length: 12 }, (_, number) => `request ${number}`);
  const ask = (name, number) =>
    storage.run(name, async () => {
      const use = Object.values(USES)[number % 3];
      const at = { base_url: mock.baseUrl(`${key}-${number}`) };
      await mock.plan([{ answer: { text: name } }], `${key}-${number}`);
      await use(llm.invoke({ ...REQUEST, ...at }));
      assert.equal(storage.getStore(), name);
    });

  const lines = await linesOf(() => Promise.all(names.map(ask)));

  for (const name of names) {
    const own = lines.filter(([context]) => context === name);
    assert.ok(own.length >= 2, `${own.length} lines of ${name}`);
    const streams = new Set(own.map(([, line]) => line.stream));
    assert.equal(streams.size, 1, `${name}: streams ${[...streams]}`);
  }
  assert.ok(lines.every(([context]) => names.includes(context)));
});

// A stream is started in one request and read to its end in another.
test("log_lines_belong_to_where_the_stream_was_started", async () => {
  const key = await mock.plan([
    { answer: { text: "Hello" }, times: 1 },
    streaming(token("one"), { await: "go" }, token("two"), ...FINISH),
  ]);
  const llm = mock.connect(key, { logLevel: "debug" });
  await storage.run("first", () => read(llm.invoke(REQUEST)));

  const lines = await linesOf(async () => {
    const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
    await storage.run("starts", () => reader.next());
    await mock.signal(key, "go");
    await storage.run("reads", () => read(reader));
  });

  assert.ok(lines.length >= 2);
  assert.deepEqual(new Set(lines.map(([name]) => name)), new Set(["starts"]));
});

// What runs between requests, such as the waker of the native client, is in no request's context.
test("the_first_request_is_not_the_context_of_the_others", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key);
  const seen = [];
  const wakers = new Set();
  const hook = createHook({
    init: (id, type) => type === "liter-llm" && wakers.add(id),
    before: (id) => wakers.has(id) && seen.push(storage.getStore()),
  }).enable();

  for (const name of ["first", "second", "third"]) {
    await storage.run(name, async () => {
      await llm.invoke(REQUEST);
      assert.equal(storage.getStore(), name);
    });
  }
  hook.disable();

  assert.ok(seen.length >= 3);
  assert.deepEqual([...new Set(seen)], [undefined]);
});

test("no_request_is_kept", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const live = await mock.plan([streaming(token("one"), HANG)]);
  for (const logLevel of ["off", "debug"]) {
    const llm = mock.connect(key, { logLevel });
    const kept = [];
    for (const use of Object.values(USES)) {
      const store = { big: new Array(1000) };
      kept.push(new WeakRef(store));
      await storage.run(store, () => other.run(store, () => ask(llm, use)));
    }
    const reader = llm
      .invoke({ ...REQUEST, base_url: mock.baseUrl(live) })
      .events();
    await reader.next();

    await collect(async () => {
      await mock.seen(key);
      const alive = kept.filter((reference) => reference.deref());
      assert.equal(alive.length, 0, `${alive.length} with log ${logLevel}`);
    });
    await reader.return();
  }
});

async function ask(llm, use) {
  await use(llm.invoke(REQUEST));
  for await (const _ of llm.invoke(REQUEST)) break;
}

// Errors, aborts and callbacks run in the context of the code that waits for them.
test("continuations_are_in_their_own_context", async () => {
  const key = await mock.plan([
    streaming(token("one"), { signal: "here" }, HANG),
  ]);
  const llm = mock.connect(key);
  const ends = ["cancel", "abort", "return"].map((way) =>
    storage.run(way, async () => {
      const aborter = new AbortController();
      const stream = llm.invoke(REQUEST, { signal: aborter.signal });
      const reader = stream[Symbol.asyncIterator]();
      await reader.next();
      const waiting = reader.next().then(
        () => storage.getStore(),
        (error) => [storage.getStore(), error instanceof LlmError],
      );
      // From outside of any context, as a timer of another library would.
      storage.exit(() => {
        if (way === "cancel") stream.cancel();
        else if (way === "abort") aborter.abort();
        else reader.return();
      });
      return waiting;
    }),
  );

  assert.deepEqual(await Promise.all(ends), [
    ["cancel", true],
    ["abort", true],
    "return",
  ]);
  await mock.wait(key, { closed: 3 });
});
