// AbortSignals of every kind: one listener for all streams, which is removed with the last one.
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";

import { LlmError } from "liter-llm";

import {
  HANG,
  Mock,
  REQUEST,
  collect,
  read,
  run,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const listeners = (signal) => getEventListeners(signal, "abort").length;
const planHang = () => mock.plan([streaming(token("one"), HANG)]);

// The readers of streams that have begun.
async function startMany(llm, signal, count) {
  const streams = Array.from({ length: count }, () =>
    llm.invoke(REQUEST, { signal }),
  );
  const readers = streams.map((stream) => stream[Symbol.asyncIterator]());
  await Promise.all(readers.map((reader) => reader.next()));
  return readers;
}

test("one_listener_per_signal", async () => {
  const key = await planHang();
  const clients = [mock.connect(key), mock.connect(key)];
  const aborter = new AbortController();
  const { signal } = aborter;
  let warnings = 0;
  const warn = ({ name }) => (warnings += name.startsWith("MaxListeners"));
  process.on("warning", warn);

  const readers = [];
  for (const llm of clients)
    readers.push(...(await startMany(llm, signal, 30)));
  assert.equal(listeners(signal), 1);
  await Promise.all(readers.splice(0, 59).map((reader) => reader.return()));
  await mock.wait(key, { closed: 59 });
  assert.equal(listeners(signal), 1);
  readers.push(...(await startMany(clients[0], signal, 2)));
  aborter.abort("enough");

  for (const reader of readers) {
    const next = reader.next();
    await assert.rejects(next, { code: "CANCELLED", cause: "enough" });
  }
  await mock.wait(key, { closed: 62 });
  await collect(async () => {
    await mock.seen(key);
    assert.equal(listeners(signal), 0);
  });
  process.off("warning", warn);
  assert.equal(warnings, 0);
});

test("a_signal_has_no_listener_between_streams", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key);
  const { signal } = new AbortController();

  for (let round = 0; round < 3; round++) {
    await llm.invoke(REQUEST, { signal });
    assert.equal(listeners(signal), 0);
    await read(llm.invoke(REQUEST, { signal }));
    assert.equal(listeners(signal), 0);
  }
});

// A listener of the program that leaves or starts streams during the abort affects only those.
test("streams_come_and_go_while_a_signal_is_aborted", async () => {
  const key = await planHang();
  const llm = mock.connect(key);
  const aborter = new AbortController();
  const { signal } = aborter;
  let late;
  signal.addEventListener("abort", () => {
    readers[1].return();
    late = llm.invoke(REQUEST, { signal }).catch((error) => error.code);
  });
  const readers = await startMany(llm, signal, 3);

  const rest = [0, 2].map((at) => readers[at].next());
  const codes = Promise.allSettled(rest);
  aborter.abort();

  for (const { reason } of await codes) assert.equal(reason.code, "CANCELLED");
  assert.equal((await readers[1].next()).done, true);
  assert.equal(await late, "CANCELLED");
  await mock.wait(key, { closed: 3 });
});

test("timeout_and_any", async () => {
  const key = await planHang();
  const llm = mock.connect(key);
  const aborter = new AbortController();
  const signals = { timeout: () => AbortSignal.timeout(200) };
  if (AbortSignal.any) {
    const never = new AbortController().signal;
    signals.any = () => AbortSignal.any([never, AbortSignal.timeout(200)]);
    signals.nested = () =>
      AbortSignal.any([AbortSignal.any([aborter.signal]), never]);
  }

  for (const [name, make] of Object.entries(signals)) {
    // Only the stream references the signal.
    const reader = llm
      .invoke(REQUEST, { signal: make() })
      [Symbol.asyncIterator]();
    await reader.next();
    const end = reader.next().catch((error) => error);
    if (name === "nested") {
      globalThis.gc();
      aborter.abort();
    }

    const error = await end;

    const cause = name === "nested" ? "AbortError" : "TimeoutError";
    assert.ok(error instanceof LlmError, name);
    assert.deepEqual([error.code, error.cause.name], ["CANCELLED", cause]);
  }
  await mock.wait(key, { closed: Object.keys(signals).length });
});

test("aborted_before_in_every_way", async () => {
  const key = await planHang();
  const llm = mock.connect(key);
  const expired = AbortSignal.timeout(0);
  await once(expired, "abort");
  const signals = [AbortSignal.abort("no"), expired];
  if (AbortSignal.any) signals.push(AbortSignal.any([signals[0]]));

  for (const signal of signals) {
    const ways = [
      () => llm.invoke(REQUEST, { signal }),
      () => read(llm.invoke(REQUEST, { signal })),
      () => read(llm.invoke(REQUEST, { signal }).events()),
    ];
    for (const use of ways) {
      await assert.rejects(async () => await use(), {
        code: "CANCELLED",
        cause: signal.reason,
      });
    }
    assert.equal(listeners(signal), 0);
  }
  assert.equal((await mock.seen(key)).requests_count, 0);
});

// The signal of an older library, which has no reason.
test("signals_of_other_makes", async () => {
  const key = await planHang();
  const target = new EventTarget();
  const signal = {
    aborted: false,
    addEventListener: (...words) => target.addEventListener(...words),
    removeEventListener: (...words) => target.removeEventListener(...words),
  };
  const [reader] = await startMany(mock.connect(key), signal, 1);

  const end = reader.next();
  signal.aborted = true;
  target.dispatchEvent(new Event("abort"));

  await assert.rejects(end, (error) => {
    assert.deepEqual([error.code, error.cause], ["CANCELLED", undefined]);
    return true;
  });
  await mock.wait(key, { closed: 1 });
  assert.equal(listeners(target), 0);
});

test("what_is_no_signal_is_refused_at_once", async () => {
  const key = await planHang();
  const llm = mock.connect(key);

  for (const signal of ["now", {}, new AbortController(), 5000, () => {}]) {
    assert.throws(() => llm.invoke(REQUEST, { signal }), {
      name: "LlmError",
      code: "INVALID_REQUEST",
      message: /signal/,
    });
  }
  for (const signal of [null, undefined]) {
    for await (const _ of llm.invoke(REQUEST, { signal })) break;
  }
  assert.equal((await mock.seen(key)).requests_count, 2);
});

// The timer of a signal does not keep a process alive; the stream that is read does.
test("a_process_waits_for_a_timeout", async () => {
  const key = await planHang();
  const code = `
    import { LiterLlm } from "liter-llm";
    const llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl: process.argv[1] });
    const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };
    try {
      for await (const token of llm.invoke(request, { signal: AbortSignal.timeout(200) }));
    } catch (error) {
      console.log(error.code, error.cause.name);
    }`;

  const ended = await run(code, mock.baseUrl(key));

  assert.deepEqual(ended, {
    code: 0,
    signal: null,
    output: "CANCELLED TimeoutError\n",
  });
});
