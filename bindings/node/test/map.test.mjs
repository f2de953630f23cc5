// map(): what is read when, what comes when, and how it ends.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";

import { LlmError } from "liter-llm";

import {
  FINISH,
  HANG,
  MESSAGES,
  Mock,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const HELLO = [{ answer: { text: "Hello" } }];
const REFUSED = [{ status: 401, error: { message: "no" } }];
const AWAITING = [
  streaming(token("slow"), { signal: "here" }, { await: "go" }, ...FINISH, {
    chunk_end: true,
  }),
];
const NEVER = [streaming(token("slow"), { signal: "here" }, HANG)];

const to = (key) => ({
  model: "m",
  messages: MESSAGES,
  base_url: mock.baseUrl(key),
});
const connect = () => mock.connect("unused");
const orders = (name, body) => {
  for (const ordered of [true, false])
    test(`${name} (${ordered ? "in order" : "as they come"})`, () =>
      body(ordered));
};

orders("each_request_has_one_result", async (ordered) => {
  const [good, bad] = [await mock.plan(HELLO), await mock.plan(REFUSED)];
  const requests = Array.from({ length: 50 }, () => to(good));
  requests[1] = to(bad);
  requests[2] = "no request";
  requests[3] = Promise.resolve(to(good));

  const options = { concurrency: 4, ordered };
  const results = await read(connect().map(requests, options));

  const numbers = results.map(({ index }) => index);
  if (!ordered) results.sort((one, other) => one.index - other.index);
  const sorted = results.map(({ index }) => index);
  assert.deepEqual(sorted, [...requests.keys()]);
  if (ordered) assert.deepEqual(numbers, sorted);
  for (const { index, request, response, error } of results) {
    assert.equal(request, index === 3 ? request : requests[index]);
    const kind = { 1: "AUTHENTICATION", 2: "INVALID_REQUEST" }[index] ?? null;
    assert.equal(error?.kind ?? null, kind);
    assert.equal(response?.text ?? null, kind ? null : "Hello");
    assert.ok(error === null || error instanceof LlmError);
  }
});

orders("no_request_is_read_before_it_can_run", async (ordered) => {
  const [slow, fast] = [await mock.plan(AWAITING), await mock.plan(HELLO)];
  let count = 0;
  const requests = function* () {
    for (; count < 9;) yield to(count++ === 0 ? slow : fast);
  };

  const results = connect().map(requests(), { concurrency: 3, ordered });
  const next = results.next();
  await mock.wait(fast, { requests: 2 });
  await mock.wait(slow, { signal: "here" });
  if (ordered) {
    assert.equal(count, 3);
    await mock.signal(slow, "go");
  }
  const first = await next;
  if (!ordered) await mock.signal(slow, "go");
  const others = await read(results);

  assert.equal(first.value.index === 0, ordered);
  assert.deepEqual([count, others.length], [9, 8]);
});

orders("leaving_the_loop_ends_what_is_under_way", async (ordered) => {
  const [done, never] = [await mock.plan(HELLO), await mock.plan(NEVER)];
  let stopped = 0;
  const requests = async function* () {
    try {
      yield to(done);
      yield to(never);
      yield to(never);
      await new Promise(() => {});
    } finally {
      stopped += 1;
    }
  };
  const llm = connect();
  const { signal } = new AbortController();

  const options = { concurrency: 3, ordered, signal };
  for await (const { error } of llm.map(requests(), options)) {
    assert.equal(error, null);
    await mock.wait(never, { requests: 2 });
    break;
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await mock.wait(never, { closed: 2 });

  // A step that waits ends, and so does the reading of requests that does not wait.
  const endless = function* () {
    try {
      for (;;) yield to(never);
    } finally {
      stopped += 1;
    }
  };
  const results = llm.map(endless(), { concurrency: 2, ordered });
  const next = results.next();
  await mock.wait(never, { requests: 4 });
  await results.return();
  assert.equal((await next).done, true);
  assert.equal(stopped, 1);
  await mock.wait(never, { closed: 4 });
});

test("an_aborted_signal_ends_the_loop", async () => {
  const key = await mock.plan(NEVER);
  const { signal, abort } = (() => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: (r) => controller.abort(r) };
  })();
  const endless = function* () {
    for (;;) yield to(key);
  };
  const kinds = [];
  const ended = (async () => {
    const options = { concurrency: 3, signal };
    for await (const { error } of connect().map(endless(), options))
      kinds.push(error.kind);
  })();
  await mock.wait(key, { requests: 3 });
  abort("enough");

  await assert.rejects(ended, { kind: "CANCELLED", cause: "enough" });
  assert.deepEqual(kinds, Array(3).fill("CANCELLED"));
  assert.equal(getEventListeners(signal, "abort").length, 0);
  const late = connect().map(endless(), { signal });
  await assert.rejects(late.next(), { kind: "CANCELLED", cause: "enough" });
});

test("requests_that_cannot_be_read_end_the_loop_after_those_that_were_sent", async () => {
  const key = await mock.plan(HELLO);
  const requests = function* () {
    yield to(key);
    throw new RangeError("row 2");
  };
  const texts = [];
  await assert.rejects(async () => {
    for await (const { response } of connect().map(requests()))
      texts.push(response.text);
  }, /RangeError: row 2/);
  assert.deepEqual(texts, ["Hello"]);
});

test("what_is_wrong_for_every_request_is_refused_at_once", () => {
  const llm = connect();
  for (const [requests, options, message] of [
    ["text", {}, /requests must be an iterable/],
    [null, {}, /requests must be an iterable/],
    [[], { concurrency: 0 }, /concurrency: expected an integer above 0/],
    [[], { ordered: "yes" }, /ordered: expected true or false/],
    [[], 7, /options must be an object/],
    [[], AbortSignal.timeout(60_000), /such as { signal }, not an AbortSig/],
  ])
    assert.throws(() => llm.map(requests, options), {
      kind: "INVALID_REQUEST",
      message,
    });
  for (const [options, message] of [
    [{ retriesMx: 1 }, /"retriesMx" is unknown; did you mean "retriesMax"/],
    [{ concurency: 1 }, /did you mean "concurrency"/],
    [{ workerThreads: 1 }, /is an option of the client, not of a call/],
  ])
    assert.throws(() => llm.map([], options), { kind: "CONFIG", message });
});
