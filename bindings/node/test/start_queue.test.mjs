// Very many calls that are started at once leave their event loop time for other things.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { FakeCore, MESSAGES, read, test } from "./support.mjs";

const { STARTS_PER_TURN } = createRequire(import.meta.url)(
  "../lib/start_queue.cjs",
);
const END = [7, '{"outcome":"complete"}'];
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const asked = (number) => ({ model: `m${number}`, messages: MESSAGES });

// A client, and what was started of it.
function connect() {
  const core = new FakeCore();
  const llm = new core.LiterLlm({ provider: "openai" });
  const starts = () => core.callsOf("start");
  return { core, llm, starts };
}

// So many readers, more than a turn starts.
function fill(llm, count = STARTS_PER_TURN) {
  for (let number = 0; number < count; number++)
    read(llm.invoke(asked(number))).catch(() => {});
}

const CALLS = {
  tokens: (llm) => read(llm.invoke(asked("last"))),
  events: (llm) => read(llm.invoke(asked("last")).events()),
  whole: (llm) => llm.invoke(asked("last")).then(() => {}),
  begin: (llm) => llm.invoke(asked("last")).begin(),
  embed: (llm) => llm.embed({ model: "mlast", input: "one" }),
};
for (const [name, call] of Object.entries(CALLS))
  test(`a_call_waits_for_its_turn: ${name}`, async () => {
    const { core, llm, starts } = connect();
    fill(llm);
    const last = call(llm);
    assert.equal(starts().length, STARTS_PER_TURN);

    await nextTurn();

    const [number, json] = starts().at(-1);
    assert.equal(starts().length, STARTS_PER_TURN + 1);
    assert.equal(JSON.parse(json).model, "mlast");
    core.deliver(number, [2, "one"], END);
    await last;
  });

test("each_turn_starts_so_many_in_the_order_in_which_they_came", async () => {
  const { llm, starts } = connect();
  const count = 2 * STARTS_PER_TURN + 10;
  fill(llm, count);

  for (const expected of [STARTS_PER_TURN, 2 * STARTS_PER_TURN, count]) {
    assert.equal(starts().length, expected);
    await nextTurn();
  }

  const models = starts().map(([, json]) => JSON.parse(json).model);
  assert.deepEqual(
    models,
    models.map((_, number) => `m${number}`),
  );
});

test("who_comes_later_does_not_pass", async () => {
  const { core, llm, starts } = connect();
  fill(llm, STARTS_PER_TURN + 1);
  core.deliver(1, END);
  read(llm.invoke(asked("late")));
  assert.equal(starts().length, STARTS_PER_TURN);

  await nextTurn();

  const models = starts().map(([, json]) => JSON.parse(json).model);
  assert.deepEqual(models.slice(-2), [`m${STARTS_PER_TURN}`, "mlate"]);
});

test("events_that_come_between_are_a_turn", () => {
  const { core, llm, starts } = connect();
  fill(llm);
  core.deliver(1, END);
  fill(llm);
  assert.equal(starts().length, 2 * STARTS_PER_TURN);
});

test("who_is_cancelled_while_it_waits_sends_nothing", async () => {
  const { core, llm, starts } = connect();
  fill(llm);
  const cancelled = llm.invoke(asked("cancelled"));
  const controller = new AbortController();
  const { signal } = controller;
  const left = llm.invoke(asked("left"))[Symbol.asyncIterator]();
  const waiting = [
    read(cancelled),
    read(llm.invoke(asked("aborted"), { signal })),
    llm.embed({ model: "m", input: "one" }, { signal }),
  ];
  const stepOfLeft = left.next();
  cancelled.cancel();
  controller.abort();
  await left.return();

  for (const result of await Promise.allSettled(waiting)) {
    assert.ok(result.reason instanceof core.LlmError);
    assert.equal(result.reason.kind, "CANCELLED");
  }
  assert.deepEqual(await stepOfLeft, { value: undefined, done: true });
  assert.equal(starts().length, STARTS_PER_TURN);
});

test("a_client_that_is_closed_starts_none_of_those_that_wait", async () => {
  const { llm, starts } = connect();
  fill(llm);
  const waiting = [read(llm.invoke(asked("last"))), llm.invoke(asked("last"))];
  llm.close();

  for (const { reason } of await Promise.allSettled(waiting))
    assert.equal(reason.kind, "CLOSED");
  assert.equal(starts().length, STARTS_PER_TURN);
});

test("steps_that_wait_together_come_in_order", async () => {
  const { core, llm, starts } = connect();
  fill(llm);
  const reader = llm.invoke(asked("last"))[Symbol.asyncIterator]();
  const steps = [reader.next(), reader.next(), reader.next()];
  await nextTurn();

  assert.equal(starts().length, STARTS_PER_TURN + 1);
  core.deliver(starts().at(-1)[0], [2, ["one", "two"]], END);
  assert.deepEqual(await Promise.all(steps), [
    { value: "one", done: false },
    { value: "two", done: false },
    { value: undefined, done: true },
  ]);
});

test("a_stream_whose_whole_waits_has_no_second_reader", async () => {
  const { core, llm, starts } = connect();
  fill(llm);
  const stream = llm.invoke(asked("last"));
  const whole = stream.then(({ text }) => text);
  assert.throws(() => stream[Symbol.asyncIterator](), TypeError);
  await assert.rejects(stream.begin(), TypeError);
  await nextTurn();

  core.deliver(starts().at(-1)[0], [2, "all"], END);
  assert.equal(await whole, "all");
});

test("a_reader_that_comes_while_begin_waits_is_the_one", async () => {
  const { core, llm, starts } = connect();
  fill(llm);
  const stream = llm.invoke(asked("last"));
  const beginning = stream.begin();
  const reading = read(stream);
  await nextTurn();

  assert.equal(starts().length, STARTS_PER_TURN + 1);
  core.deliver(starts().at(-1)[0], [2, ["one", "two"]], END);
  await beginning;
  assert.deepEqual(await reading, ["one", "two"]);
});
