// Every way to leave a stream closes its connection.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";

import { LiterLlm, LlmError } from "liter-llm";

import {
  HANG,
  Mock,
  REQUEST,
  collect,
  countWakers,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

async function hanging() {
  const key = await mock.plan([streaming(token("one"), token("two"), HANG)]);
  return { key, llm: mock.connect(key) };
}

test("break_closes", async () => {
  const { key, llm } = await hanging();
  const stream = llm.invoke(REQUEST);

  for await (const piece of stream) {
    assert.equal(piece, "one");
    break;
  }

  assert.equal(stream.response.outcome, "cancelled");
  await mock.wait(key, { closed: 1 });
});

test("exception_closes", async () => {
  const { key, llm } = await hanging();
  const failing = async () => {
    for await (const event of llm.invoke(REQUEST).events())
      throw new RangeError(event.type);
  };

  await assert.rejects(failing, { name: "RangeError", message: "start" });

  await mock.wait(key, { closed: 1 });
});

test("thrown_into_a_reader_closes", async () => {
  const { key, llm } = await hanging();
  const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();

  await assert.rejects(reader.throw(new RangeError("mine")), RangeError);

  assert.deepEqual(await reader.next(), { value: undefined, done: true });
  await mock.wait(key, { closed: 1 });
});

test("return_ends_a_waiting_next", async () => {
  const { key, llm } = await hanging();
  const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();
  await reader.next();

  const waiting = [reader.next(), reader.next()];
  assert.deepEqual(await reader.return("done"), { value: "done", done: true });

  assert.deepEqual(
    await Promise.all(waiting),
    Array(2).fill({ value: undefined, done: true }),
  );
  await assert.rejects(reader.throw(new RangeError("mine")), {
    message: "mine",
  });
  await mock.wait(key, { closed: 1 });
});

test("abort_closes", async () => {
  const { key, llm } = await hanging();
  const aborter = new AbortController();
  const stream = llm.invoke(REQUEST, { signal: aborter.signal });
  const pieces = [];
  const reading = (async () => {
    for await (const piece of stream) {
      pieces.push(piece);
      aborter.abort();
    }
  })();

  const error = await reading.catch((failure) => failure);

  assert.ok(error instanceof LlmError);
  assert.deepEqual([error.code, error.cause.name], ["CANCELLED", "AbortError"]);
  assert.deepEqual(pieces, ["one"]);
  await mock.wait(key, { closed: 1 });
});

test("abort_counts_after_the_response_has_arrived", async () => {
  for (const read of [
    (stream) => stream[Symbol.asyncIterator](),
    (stream) => stream.events(),
  ]) {
    const key = await mock.plan([
      streaming(token("one"), token("two"), { done: true }),
    ]);
    const aborter = new AbortController();
    const { signal } = aborter;
    const stream = mock.connect(key).invoke(REQUEST, { signal });
    const reader = read(stream);
    await reader.next();
    while (stream.response.outcome === null) await setImmediate();

    aborter.abort("enough");

    await assert.rejects(reader.next(), { code: "CANCELLED", cause: "enough" });
    assert.equal((await reader.next()).done, true);
  }
});

test("awaited_call_cancelled_closes", async () => {
  const silent = { raw: [{ signal: "here" }, HANG] };
  const talking = streaming(token("one"), { signal: "here" }, HANG);
  const ways = {
    signal: (stream, aborter) => aborter.abort(),
    cancel: (stream) => stream.cancel(),
  };
  for (const step of [silent, talking]) {
    for (const leave of Object.values(ways)) {
      const key = await mock.plan([step]);
      const aborter = new AbortController();
      const { signal } = aborter;
      const stream = mock.connect(key).invoke(REQUEST, { signal });
      const whole = stream.catch((error) => error.code);

      await mock.wait(key, { signal: "here" });
      leave(stream, aborter);

      assert.equal(await whole, "CANCELLED");
      await mock.wait(key, { closed: 1 });
      assert.deepEqual(getEventListeners(signal, "abort"), []);
    }
  }
});

const READERS = {
  tokens: (stream) => read(stream),
  events: (stream) => read(stream.events()),
  whole: async (stream) => await stream,
};

test("interrupt_before_first_event", async () => {
  for (const [name, use] of Object.entries(READERS)) {
    const key = await mock.plan([{ raw: [{ signal: "here" }, HANG] }]);
    const aborter = new AbortController();
    const { signal } = aborter;
    const reading = use(mock.connect(key).invoke(REQUEST, { signal })).catch(
      (error) => [error.code, error.cause],
    );

    await mock.wait(key, { signal: "here" });
    aborter.abort("enough");

    assert.deepEqual(await reading, ["CANCELLED", "enough"], name);
    await mock.wait(key, { closed: 1 });
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  }
});

// Right after the start, and while the request is written as JSON.
test("interrupt_at_the_start", async () => {
  const { key, llm } = await hanging();
  const aborters = { signal: null, cancel: null };
  const leave = {
    signal: () => aborters.signal.abort(),
    cancel: () => aborters.cancel.cancel(),
  };
  for (const way of Object.keys(leave)) {
    for (const use of Object.values(READERS)) {
      for (const within of [true, false]) {
        aborters.signal = new AbortController();
        const user = within
          ? { toJSON: () => (leave[way](), "me") }
          : undefined;
        const { signal } = aborters.signal;
        const stream = llm.invoke({ ...REQUEST, user }, { signal });
        aborters.cancel = stream;

        const reading = use(stream).catch((error) => error.code);
        if (!within) leave[way]();

        assert.equal(await reading, "CANCELLED");
        assert.deepEqual(getEventListeners(signal, "abort"), []);
      }
    }
  }
  const { requests_count: count, closed } = await mock.seen(key);
  if (count > closed) await mock.wait(key, { closed: count });
});

async function dropSome(llm) {
  for await (const _ of llm.invoke(REQUEST)) break;
  for await (const _ of llm.invoke(REQUEST).events()) break;
  const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();
  await Promise.all([reader.return(), reader.return()]);
}

// A stream that has ended is not kept, however it ended: its receiver can be collected.
test("dropped_receiver_leaves_the_table", async () => {
  const { Receiver } = createRequire(import.meta.url)("../lib/receiver.cjs");
  const { key, llm } = await hanging();
  const whole = await mock.plan([{ answer: { text: "Hello" } }]);
  const receivers = [];
  const { receive } = Receiver.prototype;
  Receiver.prototype.receive = function (...values) {
    receivers.push(new WeakRef(this));
    return receive.apply(this, values);
  };
  try {
    await dropSome(llm);
    await mock.connect(whole).invoke(REQUEST);
    await mock.wait(key, { closed: 3 });

    await collect(() => {
      assert.ok(receivers.length >= 4);
      assert.ok(receivers.every((receiver) => receiver.deref() === undefined));
    });
  } finally {
    Receiver.prototype.receive = receive;
  }
});

test("closed_client_lets_go", async () => {
  const { key, llm } = await hanging();
  const before = countWakers();
  for await (const _ of llm.invoke(REQUEST)) break;
  const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();
  assert.equal(countWakers(), before + 1);

  llm.close();

  await assert.rejects(read(reader), { code: "CLOSED" });
  await mock.wait(key, { closed: 2 });
  await collect(async () => {
    await mock.seen(key);
    assert.equal(countWakers(), before);
  });
});

test("aborted_before_sends_nothing", async () => {
  const { key, llm } = await hanging();
  const stream = llm.invoke(REQUEST, {
    signal: AbortSignal.abort("never mind"),
  });

  await assert.rejects(stream, { code: "CANCELLED", cause: "never mind" });

  assert.equal((await mock.seen(key)).requests_count, 0);
});

test("a_signal_of_many_streams_is_let_go", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key);
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...words) => (
    listeners++,
    add.apply(signal, words)
  );
  signal.removeEventListener = (...words) => (
    listeners--,
    remove.apply(signal, words)
  );

  await Promise.all(
    Array.from({ length: 20 }, () => llm.invoke(REQUEST, { signal })),
  );

  assert.equal(listeners, 0);
});

test("collected_stream_closes", async () => {
  const { key, llm } = await hanging();
  let reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();

  reader = null;
  await collect(() => mock.wait(key, { closed: 1 }, 50));

  assert.equal(reader, null);
});

test("a_stream_that_is_waited_for_is_not_collected", async () => {
  const key = await mock.plan([
    streaming(token("one"), { await: "go" }, token("two"), HANG),
  ]);
  const second = await (async () => {
    const reader = mock.connect(key).invoke(REQUEST).events();
    for (let event; event?.text !== "one";)
      ({ value: event } = await reader.next());
    return [reader.next()];
  })();

  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    await mock.seen(key);
  }
  await mock.signal(key, "go");

  assert.deepEqual((await second[0]).value, { type: "text", text: "two" });
});

test("unused_client_is_collected", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const baseUrl = mock.baseUrl(key);
  const options = { provider: "openai", apiKey: "k", baseUrl };
  const before = countWakers();
  for (let round = 0; round < 20; round++) {
    await new LiterLlm(options).invoke(REQUEST);
  }

  await collect(async () => {
    await mock.seen(key);
    assert.ok(countWakers() <= before);
  });
});
