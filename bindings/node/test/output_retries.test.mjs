// The option `outputRetries`: the model mends a response whose output does not fit.
import assert from "node:assert/strict";

import { OutputError } from "liter-llm";
import { z } from "zod";

import {
  FINISH,
  HANG,
  MESSAGES,
  Mock,
  REQUEST,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const City = z.object({ name: z.string(), tags: z.array(z.string()) });
const ROME = { name: "Rome", tags: ["old"] };
const answer = (value) => ({
  answer: { text: typeof value === "string" ? value : JSON.stringify(value) },
});
const cutAt = (text) =>
  streaming(token(text), { finish: "length" }, { done: true });

async function connect(...steps) {
  const key = await mock.plan(steps);
  return { key, llm: mock.connect(key) };
}

async function failureOf(promise) {
  const error = await promise.then(assert.fail, (failure) => failure);
  assert.ok(error instanceof OutputError, error);
  return error;
}

test("an_output_is_mended_once", async () => {
  const { key, llm } = await connect(
    answer({ name: 5, tags: [] }),
    answer(ROME),
  );

  const response = await llm.invoke(REQUEST, {
    output: City,
    outputRetries: 1,
  });

  assert.deepEqual(response.output, ROME);
  assert.deepEqual(
    response.rejected.map(({ text }) => text),
    ['{"name":5,"tags":[]}'],
  );
  const { requests } = await mock.seen(key);
  const [first, second] = requests.map(({ body }) => body);
  assert.deepEqual(first.messages, MESSAGES);
  assert.deepEqual(second.messages.slice(0, 2), [
    ...MESSAGES,
    { role: "assistant", content: '{"name":5,"tags":[]}' },
  ]);
  assert.match(second.messages[2].content, /name: .*expected string/);
  assert.deepEqual(second.response_format, first.response_format);
});

test("an_output_is_mended_no_more_often_than_asked", async () => {
  const { key, llm } = await connect(answer("no"));

  const options = { output: City, outputRetries: 2 };
  await failureOf(llm.invoke(REQUEST, options).then());

  assert.equal((await mock.seen(key)).requests_count, 3);
});

test("what_cannot_be_mended_is_not_sent_again", async () => {
  const { key, llm } = await connect(cutAt('{"name'));
  const options = { output: City, outputRetries: 1 };

  await failureOf(llm.invoke({ ...REQUEST, stream: true }, options).then());
  assert.equal((await mock.seen(key)).requests_count, 1);

  // Nor is text that somebody has read.
  const read = await connect(answer("no"));
  const stream = read.llm.invoke(REQUEST, options);
  for await (const _ of stream);
  await failureOf(stream.then());
  assert.equal((await mock.seen(read.key)).requests_count, 1);
});

test("an_output_that_is_mended_can_be_cancelled", async () => {
  for (const stop of ["cancel", "abort"]) {
    const { key, llm } = await connect(
      streaming(token("no"), ...FINISH),
      streaming(token("{"), HANG),
    );
    const controller = new AbortController();
    const request = { ...REQUEST, stream: true };
    const stream = llm.invoke(request, {
      ...{ output: City, outputRetries: 1, signal: controller.signal },
    });
    const failing = stream.then(assert.fail, (error) => error);
    await mock.wait(key, { requests: 2 });

    if (stop === "cancel") stream.cancel();
    else controller.abort();

    assert.equal((await failing).code, "CANCELLED", stop);
    await mock.wait(key, { closed: 1 });
    assert.equal((await mock.seen(key)).requests_count, 2);
  }
});
