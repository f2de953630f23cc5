// Which receiver has which number, and that nothing of a stream is kept after its end.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { FakeCore, REQUEST, read, test } from "./support.mjs";

const { ReceiverTable } = createRequire(import.meta.url)(
  "../lib/receiver_table.cjs",
);

test("each_receiver_is_found_by_its_number_until_it_is_taken_out", () => {
  const table = new ReceiverTable();
  const kept = new Map();
  for (let round = 0; round < 5000; round++) {
    const receiver = { number: 0 };
    table.add(receiver);
    assert.ok(!kept.has(receiver.number));
    kept.set(receiver.number, receiver);
    // Some stay for long, and most do not.
    const [oldest] = kept.keys();
    if (round % 5 !== 0) table.delete(receiver.number);
    if (round % 5 !== 0) kept.delete(receiver.number);
    if (round % 50 === 0) table.delete(oldest);
    if (round % 50 === 0) kept.delete(oldest);
  }

  assert.equal(table.size, kept.size);
  for (const [number, receiver] of kept)
    assert.equal(table.get(number), receiver);
  assert.equal(table.get(0), undefined);
  assert.equal(table.get(5001), undefined);
  table.delete(5001);
  assert.equal(table.size, kept.size);
});

test("numbers_begin_again_after_the_last_of_32_bits", () => {
  const table = new ReceiverTable(0xffff_fffd);
  const receivers = Array.from({ length: 4 }, () => ({ number: 0 }));
  receivers.forEach((receiver) => table.add(receiver));

  const numbers = receivers.map(({ number }) => number);
  assert.deepEqual(numbers, [0xffff_fffe, 0xffff_ffff, 1, 2]);
  for (const receiver of receivers)
    assert.equal(table.get(receiver.number), receiver);
});

test("streams_that_have_ended_need_no_full_collection", async () => {
  const core = new FakeCore();
  const llm = new core.LiterLlm({ provider: "openai" });
  const [rounds, atOnce, heap] = [100, 20, []];
  const used = () => {
    globalThis.gc({ type: "minor" });
    return process.memoryUsage().heapUsed;
  };
  for (let round = 0; round < rounds; round++) {
    const reading = Array.from({ length: atOnce }, () =>
      read(llm.invoke(REQUEST)),
    );
    for (const [number] of core.callsOf("start"))
      core.deliver(number, [2, "one"], [7, '{"outcome":"complete"}']);
    await Promise.all(reading);
    core.calls.length = 0;
    heap.push(used());
  }

  const half = rounds / 2;
  const perStream = (heap.at(-1) - heap[half - 1]) / (atOnce * half);
  assert.ok(perStream < 900, `${perStream} bytes`);
});
