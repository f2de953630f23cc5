// Every way to leave a stream closes the connection: nothing is left behind upstream.
import assert from "node:assert/strict";
import { test } from "node:test";

import { LiterLlm, LlmError } from "liter-llm";

import { HANG, Mock, REQUEST, stream, token } from "./support.mjs";

const mock = await Mock.start();

async function hanging() {
  const key = await mock.plan([stream(token("one"), token("two"), HANG)]);
  return { key, llm: mock.connect(key) };
}

test("break_closes", async () => {
  const { key, llm } = await hanging();
  const answer = llm.invoke(REQUEST);

  for await (const piece of answer) {
    assert.equal(piece, "one");
    break;
  }

  assert.equal(answer.response.outcome, "cancelled");
  await mock.wait(key, { closed: 1 });
});

test("throw_closes", async () => {
  const { key, llm } = await hanging();
  const failing = async () => {
    for await (const event of llm.invoke(REQUEST).events())
      throw new RangeError(event.type);
  };

  await assert.rejects(failing, { name: "RangeError", message: "start" });

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
  const answer = llm.invoke(REQUEST, { signal: aborter.signal });
  const pieces = [];
  const reading = (async () => {
    for await (const piece of answer) {
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

test("abort_ends_a_whole_answer", async () => {
  const key = await mock.plan([{ raw: [{ signal: "here" }, HANG] }]);
  const aborter = new AbortController();
  const { signal } = aborter;
  const whole = mock
    .connect(key)
    .invoke(REQUEST, { signal })
    .catch((error) => error.code);

  await mock.wait(key, { signal: "here" });
  aborter.abort();

  assert.equal(await whole, "CANCELLED");
  await mock.wait(key, { closed: 1 });
});

test("aborted_before_sends_nothing", async () => {
  const { key, llm } = await hanging();
  const answer = llm.invoke(REQUEST, {
    signal: AbortSignal.abort("never mind"),
  });

  await assert.rejects(answer, { code: "CANCELLED", cause: "never mind" });

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

test("unread_stream_is_collected", async () => {
  const { key, llm } = await hanging();
  let reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();

  reader = null;
  await collect(() => mock.wait(key, { closed: 1 }, 50));

  assert.equal(reader, null);
});

test("a_stream_that_is_waited_for_is_not_collected", async () => {
  const key = await mock.plan([
    stream(token("one"), { await: "go" }, token("two"), HANG),
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
  const before = countBells();
  for (let round = 0; round < 20; round++) {
    await new LiterLlm(options).invoke(REQUEST);
  }

  await collect(async () => {
    await mock.seen(key);
    assert.ok(countBells() <= before);
  });
});

// Each native client has a bell, and each bell is such a handle of the event loop.
function countBells() {
  const { libuv } = process.report.getReport();
  return libuv.filter((handle) => handle.type === "async").length;
}

// Collects garbage until `wanted` resolves.
async function collect(wanted) {
  for (let round = 0; ; round++) {
    globalThis.gc();
    try {
      return await wanted();
    } catch (error) {
      if (round === 40) throw error;
    }
  }
}
