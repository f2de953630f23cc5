// Embeddings: vectors in the order of the inputs, in one buffer, whatever the parts in which they
// come; and what is left of a call of which a part fails.
import assert from "node:assert/strict";

import { EmbedResponse, LlmError, LlmResponse } from "liter-llm";

import { FakeCore, Mock, test } from "./support.mjs";

const mock = await Mock.start();
const GOOD = [{ answer: { text: "" } }];
const [START, END, VECTORS] = [1, 7, 9];
const MODEL = "text-embedding-3-small";

const textsOf = (count) =>
  Array.from({ length: count }, (_, number) => `text number ${number}`);

// The mock's vector of a text depends on nothing else.
async function vectorsOf(llm, input, dimensions) {
  const vectors = [];
  for (const text of input) {
    const request = { model: MODEL, input: text, dimensions };
    vectors.push(...(await llm.embed(request)).vectors);
  }
  return vectors;
}

// As JSON and as base64, and with their indices in another order.
test("numbers_are_those_of_the_provider", async () => {
  const vectors = [
    [0.25, -1.5, 3.4028234663852886e38],
    [0.1, -7, 1.401298464324817e-45],
  ];
  const base64 = (vector) =>
    Buffer.from(Float32Array.from(vector).buffer).toString("base64");
  for (const write of [(vector) => vector, base64]) {
    const data = vectors.map((vector, index) => ({
      ...{ object: "embedding", index, embedding: write(vector) },
    }));
    const body = { object: "list", model: "of-provider", data: data.reverse() };
    const headers = [["content-type", "application/json"]];
    const step = { status: 200, headers, body: JSON.stringify(body) };
    const llm = mock.connect(await mock.plan([step]));

    const response = await llm.embed({ model: MODEL, input: ["a", "b"] });

    assert.deepEqual(
      response.vectors,
      vectors.map((vector) => Float32Array.from(vector)),
    );
    assert.equal(response.model, "of-provider");
  }
});

test("vectors_of_several_requests_are_in_order", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key);
  const input = textsOf(10);

  const response = await llm.embed({
    ...{ model: MODEL, input, dimensions: 4 },
    inputs_per_request: 3,
  });

  const { count, dimensions, outcome, model, provider, values } = response;
  assert.ok(response instanceof EmbedResponse);
  assert.deepEqual([count, dimensions, values.length], [10, 4, 40]);
  assert.deepEqual([outcome, model, provider], ["complete", MODEL, "openai"]);
  assert.deepEqual([response.requests, response.attempts], [4, 4]);
  assert.equal(response.usage.inputTokens, 30);
  assert.ok(response.totalMs > 0);
  const { truncated, warnings, finishedRanges, failedRanges } = response;
  const lists = { truncated, warnings, finishedRanges, failedRanges };
  for (const list of Object.values(lists)) assert.deepEqual(list, []);
  assert.equal(response.vectors, response.vectors);
  assert.deepEqual(response.vectors, await vectorsOf(llm, input, 4));
  for (const vector of response.vectors) {
    assert.ok(vector instanceof Float32Array);
    assert.equal(vector.buffer, values.buffer);
  }
  assert.equal(values.buffer.byteLength, 10 * 4 * 4);
});

// One HTTP request has more bytes than an event and than most windows.
test("small_windows", async () => {
  const key = await mock.plan(GOOD);
  const input = textsOf(300);
  const request = { model: MODEL, input, dimensions: 512 };
  const expected = (await mock.connect(key).embed(request)).values;
  assert.equal(expected.length, 300 * 512);

  for (const streamWindowBytes of [1, 7, 4096, 65_536, 1_048_576]) {
    const llm = mock.connect(key, { streamWindowBytes });
    for (const inputs_per_request of [undefined, 7]) {
      const response = await llm.embed({ ...request, inputs_per_request });

      assert.deepEqual(response.values, expected, `${streamWindowBytes}`);
    }
    llm.close();
  }
});

test("many_calls_at_once", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key);
  const texts = textsOf(60);

  const responses = await Promise.all(
    texts.map((text) => llm.embed({ model: MODEL, input: [text, "same"] })),
  );

  const [, same] = responses[0].vectors;
  const vectors = responses.map(({ vectors }) => vectors[0]);
  for (const response of responses) assert.deepEqual(response.vectors[1], same);
  assert.deepEqual(vectors, await vectorsOf(llm, texts));
});

test("inputs_of_every_kind", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key);

  const one = await llm.embed({ model: MODEL, input: "one" });
  const tokens = await llm.embed({ model: MODEL, input: [[1, 2], [3]] });
  const none = await llm.embed({ model: MODEL, input: [] });

  assert.deepEqual([one.count, one.vectors.length], [1, 1]);
  assert.deepEqual([tokens.count, tokens.dimensions], [2, 8]);
  assert.deepEqual([none.count, none.dimensions], [0, 0]);
  assert.deepEqual([none.vectors, none.values.length], [[], 0]);
  assert.equal(none.outcome, "complete");
  assert.equal((await mock.seen(key)).requests_count, 2);
});

test("request_is_sent_as_it_is", async () => {
  const key = await mock.plan(GOOD);
  const call = { headers: { "x-of": "call" }, extraBody: { level: 2 } };

  await mock
    .connect(key)
    .embed({ model: MODEL, input: ["a"], dimensions: 3, own: 1 }, call);

  const [{ body, headers }] = (await mock.seen(key)).requests;
  const { model, input, dimensions, own, level } = body;
  assert.deepEqual(
    { model, input, dimensions, own, level },
    {
      ...{ model: MODEL, input: ["a"], dimensions: 3, own: 1, level: 2 },
    },
  );
  assert.ok(!("operation" in body) && !("stream" in body));
  assert.ok(
    headers.some(([name, value]) => name === "x-of" && value === "call"),
  );
});

// The sixth request begins when at least two have ended well.
test("failed_part_leaves_the_other_vectors", async () => {
  const refused = { status: 400, error: { message: "no", type: "t" } };
  const key = await mock.plan([{ ...GOOD[0], times: 5 }, refused]);
  const input = textsOf(12);
  const llm = mock.connect(key);

  const error = await llm
    .embed({ model: MODEL, input, dimensions: 4, inputs_per_request: 1 })
    .catch((failure) => failure);

  assert.ok(error instanceof LlmError);
  assert.deepEqual([error.code, error.status], ["INVALID_REQUEST", 400]);
  const { partial } = error;
  assert.ok(
    partial instanceof EmbedResponse && !(partial instanceof LlmResponse),
  );
  const { count, dimensions, finishedRanges, failedRanges } = partial;
  assert.equal(partial.outcome, "failed");
  assert.deepEqual([dimensions, partial.vectors.length], [4, count]);
  assert.ok(count >= 2 && count <= 5, `${count} vectors came`);
  const inputsOf = (ranges) =>
    ranges.flatMap(([first, end]) =>
      Array.from({ length: end - first }, (_, index) => first + index),
    );
  const finished = inputsOf(finishedRanges);
  const all = [...finished, ...inputsOf(failedRanges)].sort((a, b) => a - b);
  assert.deepEqual(all, [...input.keys()]);
  await mock.plan(GOOD, key);
  const texts = finished.map((index) => input[index]);
  assert.deepEqual(partial.vectors, await vectorsOf(llm, texts, 4));
});

// Vectors for FakeCore.
const floats = (...numbers) => Float32Array.from(numbers);
const startFake = (input, options = {}) => {
  const core = new FakeCore();
  const llm = new core.LiterLlm(options);
  return { core, call: llm.embed({ model: "m", input }) };
};

test("numbers_are_exact", async () => {
  const { core, call } = startFake(["a", "b", "c"]);
  const numbers = [
    1.401298464324817e-45, -3.4028234663852886e38, -0, 0.1, 7, 8,
  ];

  core.deliver(
    1,
    [START, JSON.stringify({ model: "m", warnings: ["first"] })],
    [VECTORS, floats(...numbers.slice(0, 4)), 2],
    [VECTORS, floats(...numbers.slice(4)), 1],
    [
      END,
      JSON.stringify({
        ...{ outcome: "complete", truncated: [1], warnings: ["last"] },
        ...{ dimensions: 2, count: 3, timings: { total_ms: 4 } },
      }),
    ],
  );

  const response = await call;
  assert.deepEqual(response.values, floats(...numbers));
  assert.deepEqual(response.truncated, [1]);
  assert.deepEqual(response.warnings, ["first", "last"]);
});

// The count of inputs is only what is expected.
test("more_vectors_than_inputs_have_room", async () => {
  const { core, call } = startFake("one");
  const all = Array.from({ length: 40 }, (_, number) => number);

  for (let at = 0; at < 40; at += 4)
    core.deliver(1, [VECTORS, floats(...all.slice(at, at + 4)), 2]);
  core.deliver(1, [END, `{"outcome":"complete"}`]);

  const { count, dimensions, values } = await call;
  assert.deepEqual([count, dimensions], [20, 2]);
  assert.deepEqual([...values], all);
});

test("acknowledges_each_byte_once", async () => {
  const { core, call } = startFake(["a", "b"], { streamWindowBytes: 64 });

  core.deliver(1, [START, "{}"], [VECTORS, floats(1, 2, 3), 1]);
  assert.deepEqual(core.callsOf("acknowledge"), []);
  core.deliver(1, [VECTORS, floats(4, 5, 6), 1]);
  assert.deepEqual(core.callsOf("acknowledge"), [[1, 2 + 12 + 12]]);
  core.deliver(1, [END, `{"outcome":"complete"}`]);

  assert.equal((await call).count, 2);
  assert.equal(core.callsOf("acknowledge").length, 1);
});

// An event whose vectors cannot be taken ends its call and no other.
test("vectors_that_cannot_be_taken", async () => {
  const unfit = { byteLength: 16, length: 2 };
  const huge = { byteLength: 2 ** 32 - 4, length: 2 ** 30 - 1 };
  for (const [vectors, input, kind] of [
    [unfit, ["a"], "INTERNAL"],
    [huge, new Array(100_000).fill("a"), "TOO_LARGE"],
  ]) {
    const { core, call } = startFake(input);
    const failed = assert.rejects(call, (error) => {
      assert.equal(error.code, kind, error.message);
      const { count, outcome, finishedRanges } = error.partial;
      assert.deepEqual([count, outcome], [0, "failed"]);
      assert.deepEqual(finishedRanges, []);
      return error instanceof core.LlmError;
    });

    core.deliver(1, [VECTORS, floats(1, 2), 1], [VECTORS, vectors, 1]);

    await failed;
    assert.deepEqual(core.callsOf("cancel"), [[1]]);
    assert.deepEqual(core.callsOf("setRef"), [[true], [false]]);
  }
});
