// What people see: the stack of an error, what console.log() shows, and JSON. None has a secret.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { LiterLlm, LlmError, OutputError } from "liter-llm";

import {
  FINISH,
  HANG,
  Mock,
  REQUEST,
  answeredRow,
  document,
  rowFile,
  shownPiece,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const HERE = fileURLToPath(import.meta.url);
const SECRET = "sk-proj-4f9Qz7Lm2Xw8Rb6T";
const HELLO = { answer: { text: "Hello" } };

async function connect(...steps) {
  const key = await mock.plan(steps);
  return { key, llm: mock.connect(key) };
}

// The functions that a user writes; each waits when the error comes.
const CALLERS = {
  async reads_tokens(llm) {
    for await (const _ of llm.invoke(REQUEST));
  },
  async reads_events(llm) {
    for await (const _ of llm.invoke(REQUEST).events());
  },
  async reads_partials(llm) {
    const output = { type: "object", properties: {} };
    for await (const _ of llm.invoke(REQUEST, { output }).partials());
  },
  async awaits(llm) {
    await llm.invoke(REQUEST);
  },
  async embeds(llm) {
    await llm.embed({ model: "m", input: "a" });
  },
};
for (const [name, caller] of Object.entries(CALLERS)) {
  test(`the error of one who ${name} names the caller`, async () => {
    const { key, llm } = await connect(
      streaming(token("{"), { await: "go" }, { reset: true }),
    );
    const failing = caller(llm).then(assert.fail, (error) => error);
    await mock.wait(key, { requests: 1 });
    await new Promise(setImmediate);

    await mock.signal(key, "go");

    const error = await failing;
    assert.ok(error instanceof LlmError, error);
    const frame = error.stack
      .split("\n")
      .find((line) => line.includes(name) && line.includes(HERE));
    assert.ok(frame, error.stack);
  });
}

test("a_client_shows_what_it_asks_and_no_secret", () => {
  const llm = new LiterLlm({
    ...{ provider: "openai", apiKey: SECRET, retriesMax: 2, lenient: true },
    baseUrl: `https://host/v1?key=${SECRET}`,
    headers: { authorization: SECRET },
    ...{ awsSecretAccessKey: SECRET, caFile: `/keys/${SECRET}` },
  });

  assert.equal(
    inspect(llm),
    "LiterLlm {\n  provider: 'openai',\n  retriesMax: 2,\n" +
      "  lenient: true,\n  baseUrl: 'https://host/v1'\n}",
  );
  assert.equal(String(llm), "[LiterLlm openai]");
  assert.equal(String(new LiterLlm()), "[LiterLlm]");
  assert.equal(shownPiece([llm], SECRET), null);
  llm.close();
  assert.match(inspect(llm), /closed: true/);
  assert.equal(inspect({ a: { b: { c: llm } } }).includes("[LiterLlm]"), true);
});

test("a_stream_shows_how_far_it_is", async () => {
  const { llm } = await connect(streaming(token("Hello"), HANG));
  const stream = llm.invoke(REQUEST, { apiKey: SECRET });
  assert.equal(inspect(stream), "Stream { state: 'not started' }");
  assert.equal(String(stream), "[Stream not started]");

  const reader = stream[Symbol.asyncIterator]();
  await reader.next();

  assert.match(inspect(stream), /^Stream \{\n? *state: 'running'/);
  assert.match(inspect(stream), /characters: 5/);
  assert.equal(shownPiece([stream], SECRET), null);
  await reader.return();
  assert.match(inspect(stream), /state: 'cancelled'/);
  assert.match(String(stream), /^\[Stream cancelled/);
});

test("a_response_shows_what_it_has", async () => {
  const { llm } = await connect(HELLO);

  const response = await llm.invoke(REQUEST);

  const shown = inspect(response);
  assert.match(shown, /^LlmResponse \{/);
  assert.match(shown, /text: 'Hello'/);
  assert.match(shown, /usage: /);
  for (const empty of ["refusal", "toolCalls", "content", "reasoning"])
    assert.ok(!shown.includes(`${empty}:`), shown);
  assert.equal(`${response}`, "Hello");
});

test("a_response_is_json", async () => {
  const output = { type: "object", properties: { a: { type: "number" } } };
  const { llm } = await connect({ answer: { text: '{"a":1}' } });
  const response = await llm.invoke(REQUEST, { output });

  const json = JSON.parse(JSON.stringify(response));

  assert.deepEqual(json.output, { a: 1 });
  for (const [name, value] of Object.entries(response))
    assert.deepEqual(json[name], value, name);
});

test("vectors_are_lists_in_json", async () => {
  const { llm } = await connect(HELLO);
  const embedded = await llm.embed({ model: "m", input: ["a", "b"] });
  const json = JSON.parse(JSON.stringify(embedded));

  assert.equal(json.vectors.length, 2);
  assert.deepEqual(
    json.vectors.map((vector) => Float32Array.from(vector)),
    embedded.vectors,
  );
  assert.ok(!("values" in json));

  const embedding = { object: "embedding", index: 0, embedding: [0.1, -2] };
  const body = { object: "list", model: "m", data: [embedding] };
  const row = answeredRow("a", "");
  row.response.body = body;
  const ended = {
    ...{ id: "b", status: "completed", output_file_id: "f" },
    ...{ endpoint: "/v1/embeddings" },
  };
  const batch = await connect(document(ended), rowFile(row));
  const handle = JSON.stringify({ provider: "openai", id: "b" });
  for await (const { response } of batch.llm.batch.results(handle)) {
    assert.ok(response.vectors[0] instanceof Float32Array);
    const { vectors } = JSON.parse(JSON.stringify(response));
    assert.deepEqual(vectors, [
      [0.1, -2].map((n) => Number(Math.fround(n).toPrecision(9))),
    ]);
  }
});

test("an_error_is_json_and_shows_what_is_known", async () => {
  const error = { message: "wrong key", type: "t", code: "c" };
  const { llm } = await connect({ status: 401, error });

  const failure = await llm.invoke(REQUEST).catch((caught) => caught);

  const json = JSON.parse(JSON.stringify(failure));
  assert.deepEqual(
    [json.name, json.message, json.kind, json.status, json.timer],
    ["LlmError", failure.message, "AUTHENTICATION", 401, null],
  );
  const shown = inspect(failure);
  assert.ok(shown.startsWith(failure.stack), shown);
  assert.match(shown, /kind: 'AUTHENTICATION'/);
  assert.ok(!shown.includes("timer") && !shown.includes("null"), shown);
  assert.match(inspect([[[failure]]]), /\[LlmError: openai: 401/);
});

test("an_output_error_shows_no_text", async () => {
  const { llm } = await connect({ answer: { text: "private words" } });
  const output = { type: "object", properties: {} };

  const error = await llm
    .invoke(REQUEST, { output })
    .then(assert.fail, (caught) => caught);

  assert.ok(error instanceof OutputError);
  assert.equal(shownPiece([error], "private words", 13), null);
});

// `await using` calls it; compilers use a symbol of their own where the runtime has none.
test("async_dispose_closes", async () => {
  const { key, llm } = await connect(
    streaming(token("Hello"), HANG),
    streaming(token("Hello"), HANG),
  );
  const stream = llm.invoke(REQUEST);
  await stream[Symbol.asyncIterator]().next();
  const other = llm.invoke(REQUEST)[Symbol.asyncIterator]();
  await other.next();

  await stream[Symbol.asyncDispose]();
  await mock.wait(key, { closed: 1 });
  await llm[Symbol.asyncDispose]();

  await mock.wait(key, { closed: 2 });
  await assert.rejects(other.next(), { code: "CLOSED" });
  await llm.batch.results("x")[Symbol.asyncDispose]();
});

test("an_ended_stream_is_disposed_too", async () => {
  const { llm } = await connect(streaming(token("Hello"), ...FINISH));
  const stream = llm.invoke(REQUEST);
  assert.equal((await stream).text, "Hello");

  await stream[Symbol.asyncDispose]();

  assert.equal(stream.response.outcome, "complete");
});
