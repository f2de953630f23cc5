// Runs: the deltas that arrived together travel as one string, and are read as the provider cut
// them, also where they hold what could be taken for the place of a cut.
import assert from "node:assert/strict";

import {
  FINISH,
  FakeCore,
  Mock,
  REQUEST,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

const TEXT = 2;
const REASONING = 3;
const END = 7;
const COMPLETE = [END, '{"outcome": "complete", "finish_reason": "stop"}'];

const RUNS = {
  ascii: ["one", " ", "two", "\u0001", "\u001f", "three"],
  latin: ["caf\u00e9", "\u00ff", "\u00e0", "plain", "\u00fc"],
  "wide and in pairs": [
    "\u4e2d",
    "\u{1f600}\u{1f600}",
    "e\u0301",
    "\u{10ffff}",
  ],
  "a lone NUL": ["one", "\0", "two"],
  "NULs only": ["\0", "\0\0", "\0"],
  "NULs in wide text": ["\u4e2d\0", "\0\u{1f600}", "\u00e9\0\u00e9", "x"],
};

for (const [name, pieces] of Object.entries(RUNS)) {
  test(`runs_are_cut_where_the_provider_cut_them: ${name}`, async () => {
    const many = Array.from({ length: 40 }, () => pieces).flat();
    const key = await mock.plan([streaming(...many.map(token), ...FINISH)]);
    const llm = mock.connect(key);

    const tokens = llm.invoke(REQUEST);
    assert.deepEqual(await read(tokens), many);
    assert.equal(tokens.response.text, many.join(""));

    const events = (await read(llm.invoke(REQUEST).events())).filter(
      ({ type }) => type === "text",
    );
    assert.deepEqual(
      events.map(({ text }) => text),
      many,
    );
  });
}

test("runs_that_wait_keep_their_order", async () => {
  const core = new FakeCore();
  const stream = new core.LiterLlm().invoke(REQUEST);
  const reader = stream[Symbol.asyncIterator]();
  const first = reader.next();

  core.deliver(1, [TEXT, ["a", "b", "c"]]);
  core.deliver(1, [TEXT, "d"], [REASONING, ["x", "y"]], [TEXT, ["e", "f"]]);
  assert.equal((await first).value, "a");
  assert.equal((await reader.next()).value, "b");
  core.deliver(1, [TEXT, ["g", "h"]], COMPLETE);

  const rest = await read(reader);
  assert.deepEqual(rest, ["c", "d", "e", "f", "g", "h"]);
  const { text, reasoning } = stream.response;
  assert.deepEqual([text, reasoning], ["abcdefgh", "xy"]);
});

// Backpressure: a byte is acknowledged once all before it were taken, and no byte twice. What
// stands between two deltas is none of theirs.
test("runs_are_acknowledged_by_their_own_bytes", async () => {
  const core = new FakeCore();
  const llm = new core.LiterLlm({ streamWindowBytes: 16 });
  const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  const first = reader.next();

  core.deliver(1, [TEXT, ["\u00e9", "\u4e2d", "abc"]]);
  await first;
  assert.deepEqual(core.callsOf("acknowledge"), []);
  await reader.next();
  await reader.next();
  const waiting = reader.next();

  assert.deepEqual(core.callsOf("acknowledge"), [[1, 8]]);
  core.deliver(1, COMPLETE);
  assert.equal((await waiting).done, true);
});

// A slow reader: the window closes while its runs lie here, and opens again, many times.
test("runs_keep_their_order_after_backpressure", async () => {
  const pieces = Array.from({ length: 3000 }, (_, at) => `${at}\u00e9 `);
  const key = await mock.plan([streaming(...pieces.map(token), ...FINISH)]);
  const llm = mock.connect(key, { streamWindowBytes: 1024 });
  const tokens = [];

  for await (const piece of llm.invoke(REQUEST)) {
    tokens.push(piece);
    if (tokens.length % 100 === 0) await new Promise(setImmediate);
  }

  assert.deepEqual(tokens, pieces);
});

// A getter may give something else each time.
test("fields_of_a_request_are_read_once", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const contents = ["the first", "the second"];
  const message = {
    role: "user",
    get content() {
      return contents.shift();
    },
  };

  await mock.connect(key).invoke({ ...REQUEST, messages: [message] });

  const [{ body }] = (await mock.seen(key)).requests;
  assert.equal(body.messages[0].content, "the first");
  assert.deepEqual(contents, ["the second"]);
});
