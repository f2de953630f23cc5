// begin(): what fails before the first content is thrown there, and nothing is lost for the reader.
import assert from "node:assert/strict";

import {
  FINISH,
  FakeCore,
  HANG,
  Mock,
  REQUEST,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const THINKS = {
  sse: { choices: [{ index: 0, delta: { reasoning_content: "Hm" } }] },
};
const PIECES = streaming(THINKS, token("Hel"), token("lo"), ...FINISH);
const BUSY = { status: 429, headers: [["retry-after", "9"]], body: "{}" };

async function begun(step, options) {
  const key = await mock.plan([step]);
  const stream = mock.connect(key).invoke(REQUEST, options);
  await stream.begin();
  return { key, stream };
}

const READERS = {
  tokens: async (stream) => assert.deepEqual(await read(stream), ["Hel", "lo"]),
  events: async (stream) => {
    const types = (await read(stream.events())).map(({ type }) => type);
    assert.deepEqual(types, ["start", "reasoning", "text", "text", "end"]);
  },
  whole: async (stream) => assert.equal((await stream).text, "Hello"),
  response: async (stream) =>
    assert.equal(await stream.toTextStreamResponse().text(), "Hello"),
};
for (const [name, readAll] of Object.entries(READERS))
  test(`what_came_is_for_the_reader: ${name}`, async () => {
    const { key, stream } = await begun(PIECES);

    await readAll(stream);

    assert.equal(stream.response.reasoning, "Hm");
    assert.equal((await mock.seen(key)).requests.length, 1);
  });

test("it_waits_for_content", async () => {
  const core = new FakeCore();
  const stream = new core.LiterLlm({ provider: "openai" }).invoke(REQUEST);
  let begun = 0;
  const both = [stream.begin(), stream.begin()].map((beginning) =>
    beginning.then(() => (begun += 1)),
  );
  core.deliver(1, [1, '{"provider":"openai"}']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun, 0);

  core.deliver(1, [2, "one"]);
  await Promise.all(both);

  const reading = read(stream);
  core.deliver(1, [7, '{"outcome":"complete"}']);
  assert.deepEqual(await reading, ["one"]);
});

test("who_leaves_after_it_closes_the_connection", async () => {
  const { key, stream } = await begun(streaming(token("one"), HANG));

  for await (const text of stream) {
    assert.equal(text, "one");
    break;
  }

  await mock.wait(key, { closed: 1 });
});

test("what_fails_before_is_thrown_and_again_by_the_reader", async () => {
  const key = await mock.plan([BUSY]);
  const stream = mock.connect(key).invoke(REQUEST);

  const failed = { kind: "RATE_LIMITED", status: 429 };
  await assert.rejects(stream.begin(), failed);
  await assert.rejects(read(stream), failed);
});

test("what_fails_later_is_the_readers", async () => {
  const cut = streaming(token("Hel"), { reset: true });
  const { stream } = await begun(cut);

  await assert.rejects(read(stream), { kind: "TRUNCATED" });
  assert.equal(stream.response.text, "Hel");
});

test("a_signal_ends_it", async () => {
  const key = await mock.plan([streaming({ signal: "head" }, HANG)]);
  const aborter = new AbortController();
  const { signal } = aborter;
  const beginning = mock.connect(key).invoke(REQUEST, { signal }).begin();
  await mock.wait(key, { signal: "head" });

  aborter.abort();

  await assert.rejects(beginning, { kind: "CANCELLED" });
  await mock.wait(key, { closed: 1 });
});

test("a_stream_that_is_read_does_not_begin_again", async () => {
  const { stream } = await begun(PIECES);
  await read(stream);

  await assert.rejects(stream.begin(), TypeError);
  assert.throws(() => stream.events(), TypeError);
  const whole = mock.connect(await mock.plan([PIECES])).invoke(REQUEST);
  await whole;
  await assert.rejects(whole.begin(), TypeError);
});
