// The option `output`: what is sent, what is read, and what is an error.
import assert from "node:assert/strict";

import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import { LlmError, OutputError } from "liter-llm";
import * as v from "valibot";
import { z } from "zod";

import { Mock, REQUEST, chunk, streaming, test, token } from "./support.mjs";

const mock = await Mock.start();
const City = z.object({
  name: z.string(),
  people: z.number().optional(),
  tags: z.array(z.string()),
});
const ROME = { name: "Rome", tags: ["old"] };
const answer = (value) => ({
  answer: { text: typeof value === "string" ? value : JSON.stringify(value) },
});
const cutAt = (...pieces) =>
  streaming(...pieces.map(token), { finish: "length" }, { done: true });

async function connect(...steps) {
  const key = await mock.plan(steps);
  return { key, llm: mock.connect(key) };
}

async function sentTo(key) {
  const { requests } = await mock.seen(key);
  return requests.map(({ body }) => body);
}

async function failureOf(promise) {
  const error = await promise.then(assert.fail, (failure) => failure);
  assert.ok(error instanceof OutputError && error instanceof LlmError, error);
  return error;
}

test("an_output_is_asked_for_strictly_and_read", async () => {
  const { key, llm } = await connect(answer({ ...ROME, people: null }));

  const response = await llm.invoke(REQUEST, { output: City });

  assert.deepEqual(response.output, ROME);
  const [{ response_format: format }] = await sentTo(key);
  assert.deepEqual(format, {
    type: "json_schema",
    json_schema: {
      name: "output",
      strict: true,
      schema: {
        type: "object",
        properties: {
          name: { type: "string" },
          people: { anyOf: [{ type: "number" }, { type: "null" }] },
          tags: { type: "array", items: { type: "string" } },
        },
        required: ["name", "people", "tags"],
        additionalProperties: false,
      },
    },
  });
});

const LIBRARIES = {
  arktype: type({ name: "string", tags: "string[]" }),
  valibot: toStandardJsonSchema(
    v.object({ name: v.string(), tags: v.array(v.string()) }),
  ),
  "a JSON schema": {
    type: "object",
    properties: {
      name: { type: "string" },
      tags: { type: "array", items: { type: "string" } },
    },
    required: ["name", "tags"],
  },
};
for (const [name, output] of Object.entries(LIBRARIES)) {
  test(`an output may have a schema of ${name}`, async () => {
    const { key, llm } = await connect(answer(ROME));

    const response = await llm.invoke(REQUEST, { output });

    assert.deepEqual(response.output, ROME);
    const [{ response_format: format }] = await sentTo(key);
    assert.equal(format.json_schema.strict, true);
    const { properties } = format.json_schema.schema;
    assert.deepEqual(Object.keys(properties), ["name", "tags"]);
  });
}

// Providers want an object at the root.
test("an_output_that_is_no_object_is_wrapped", async () => {
  const Tree = z.array(
    z.object({
      name: z.string(),
      get children() {
        return Tree.optional();
      },
    }),
  );
  const tree = [{ name: "a", children: [{ name: "b" }] }];
  const { key, llm } = await connect(answer({ value: tree }));

  const response = await llm.invoke(REQUEST, { output: Tree });

  assert.deepEqual(response.output, tree);
  const [{ response_format: format }] = await sentTo(key);
  const { schema } = format.json_schema;
  assert.deepEqual(schema.required, ["value"]);
  assert.equal(schema.properties.value.type, "array");
  // References start from the root, which is not the same any more.
  const { children } = schema.properties.value.items.properties;
  assert.deepEqual(children.anyOf[0], { $ref: "#/properties/value" });
});

test("an_output_is_what_the_schema_makes_of_it", async () => {
  const { llm } = await connect(answer({ at: "2026-11-26" }));
  const output = z.object({
    at: z.string().transform((text) => new Date(text)),
    kind: z.string().default("day"),
  });

  const { output: found } = await llm.invoke(REQUEST, { output });

  assert.deepEqual(found, { at: new Date("2026-11-26"), kind: "day" });
});

test("records_are_asked_for_without_strict", async () => {
  const { key, llm } = await connect(answer({ a: 1 }));

  const output = z.record(z.string(), z.number());
  const response = await llm.invoke(REQUEST, { output });

  assert.deepEqual(response.output, { a: 1 });
  const [{ response_format: format }] = await sentTo(key);
  assert.equal(format.json_schema.strict, false);
});

test("a_block_of_markdown_is_read", async () => {
  const { llm } = await connect(
    answer(`\`\`\`json\n${JSON.stringify(ROME)}\n\`\`\`\n`),
  );

  const { output } = await llm.invoke(REQUEST, { output: City });

  assert.deepEqual(output, ROME);
});

const FAILURES = {
  no_json: [
    answer("Rome is old"),
    /^output: the response is not JSON$/,
    ["Rome is old", true, [[]]],
  ],
  another_shape: [
    answer({ name: 5, tags: "old" }),
    /^output: the response does not fit the schema: name: .*; tags: /,
    ['{"name":5,"tags":"old"}', true, [["name"], ["tags"]]],
  ],
  json_that_is_cut: [
    cutAt('{"name":"Ro'),
    /^output: the JSON is cut, because the model met its token limit; raise max_tokens$/,
    ['{"name":"Ro', false, []],
  ],
  a_refusal: [
    streaming(chunk({ refusal: "I will not" }), chunk({}, "stop"), {
      done: true,
    }),
    /^output: the model refused to answer$/,
    ["", false, []],
  ],
  a_filter: [
    streaming(token("{"), chunk({}, "content_filter"), { done: true }),
    /^output: a filter held the response back$/,
    ["{", false, []],
  ],
};
for (const [name, [step, message, [text, retryable, paths]]] of Object.entries(
  FAILURES,
)) {
  test(`an output error: ${name}`, async () => {
    const { llm } = await connect(step);
    const stream = llm.invoke({ ...REQUEST, stream: true }, { output: City });

    const error = await failureOf(stream.then());

    assert.match(error.message, message);
    assert.deepEqual([error.code, error.retryable], ["PROTOCOL", retryable]);
    assert.equal(error.text, text);
    assert.equal(error.response, stream.response);
    assert.equal(error.partial, stream.response);
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      paths,
    );
    assert.throws(() => error.response.output, TypeError);
    // The loop of partials ends with the same error, and not as if it were whole.
    const again = llm.invoke(REQUEST, { output: City }).partials();
    await assert.rejects(async () => {
      for await (const _ of again);
    }, OutputError);
  });
}

test("an_output_is_read_although_the_client_does_not_collect", async () => {
  const key = await mock.plan([answer(ROME)]);
  const llm = mock.connect(key, { collect: false });

  assert.deepEqual((await llm.invoke(REQUEST, { output: City })).output, ROME);
});

// A schema may take milliseconds to convert, and map() has many requests.
test("a_schema_is_converted_once", async () => {
  const { llm } = await connect(answer(ROME));
  const { validate } = City["~standard"];
  let converted = 0;
  const output = {
    "~standard": {
      ...{ version: 1, vendor: "own", validate },
      jsonSchema: {
        input: () => (converted++, { type: "object", properties: {} }),
      },
    },
  };

  for await (const { error } of llm.map([REQUEST, REQUEST], { output }))
    assert.equal(error, null);

  assert.equal(converted, 1);
});

test("a_response_that_calls_tools_has_no_output_yet", async () => {
  const call = { index: 0, id: "a", function: { name: "f", arguments: "{}" } };
  const { llm } = await connect(
    streaming(chunk({ tool_calls: [call] }), chunk({}, "tool_calls"), {
      done: true,
    }),
  );

  const request = { ...REQUEST, stream: true };
  const response = await llm.invoke(request, { output: City });

  assert.equal(response.toolCalls.length, 1);
  assert.throws(() => response.output, /calls tools, and has no output yet/);
});

test("output_is_undefined_where_it_was_not_asked_for", async () => {
  const { llm } = await connect(answer(ROME));

  const response = await llm.invoke(REQUEST);
  assert.equal(response.output, undefined);
  assert.deepEqual(response.rejected, []);
  const stream = llm.invoke(REQUEST, { output: City });
  assert.throws(() => stream.response.output, /not read yet; await the stream/);
  assert.throws(
    () => llm.invoke(REQUEST).partials(),
    /needs the option output/,
  );
});

test("partials_grow_to_the_whole", async () => {
  const text = JSON.stringify({ ...ROME, people: 2_750_000 });
  const pieces = text.match(/.{1,3}/g);
  const { llm } = await connect(
    streaming(...pieces.map(token), { finish: "stop" }, { done: true }),
  );
  const stream = llm.invoke(REQUEST, { output: City });

  const seen = [];
  for await (const partial of stream.partials()) seen.push(partial);

  assert.deepEqual(seen.at(-1), { ...ROME, people: 2_750_000 });
  assert.deepEqual((await stream).output, seen.at(-1));
  const names = [...new Set(seen.map(({ name }) => name))];
  assert.ok(names.length > 2 && names.includes("Rom"), names);
  for (const { name = "", people, tags = [] } of seen) {
    assert.ok("Rome".startsWith(name), name);
    // A number that may go on would be another one.
    assert.ok(people === undefined || people === 2_750_000, people);
    assert.ok("old".startsWith(tags[0] ?? ""));
  }
});

test("leaving_partials_closes", async () => {
  const { key, llm } = await connect(
    streaming(token('{"name":"R'), { hang: true }),
  );

  for await (const { name } of llm.invoke(REQUEST, { output: City }).partials())
    if (name === "R") break;

  await mock.wait(key, { closed: 1 });
});

test("map_reads_outputs", async () => {
  const { llm } = await connect(answer(ROME), answer("no"));
  const found = [];

  const options = { output: City, concurrency: 1 };
  for await (const { response, error } of llm.map([REQUEST, REQUEST], options))
    found.push(response?.output ?? error.name);

  assert.deepEqual(found, [ROME, "OutputError"]);
});

test("what_is_no_schema_is_refused", async () => {
  const { key, llm } = await connect(answer(ROME));
  const zod3 = { "~standard": { vendor: "zod", version: 1, validate() {} } };
  for (const [options, code, message] of [
    [
      { output: "json" },
      "CONFIG",
      /output: expected a Standard Schema, .*"json"/,
    ],
    [{ output: { city: "text" } }, "CONFIG", /expected a Standard Schema/],
    [{ output: zod3 }, "CONFIG", /use zod 4\.2 or newer/],
    [{ output: v.string() }, "CONFIG", /toStandardJsonSchema/],
    [{ output: z.object({ at: z.date() }) }, "CONFIG", /Date cannot be/],
    [{ output: City, outputRetries: -1 }, "CONFIG", /outputRetries: expected/],
    [{ outputRetries: 1 }, "CONFIG", /outputRetries needs output/],
    [{ output: City, collect: false }, "INVALID_REQUEST", /leave collect out/],
  ])
    assert.throws(() => llm.invoke(REQUEST, options), { code, message });
  const response_format = { type: "json_object" };
  assert.throws(
    () => llm.invoke({ ...REQUEST, response_format }, { output: City }),
    /response_format and output cannot both be set/,
  );
  assert.equal((await mock.seen(key)).requests_count, 0);
});
