// The pure leaves of `output`: partial JSON, cut anywhere, and the strict form of schemas.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { test } from "./support.mjs";

const require = createRequire(import.meta.url);
const { PartialJson } = require("../lib/output/partial_json.cjs");
const { dropNulls, strictSchema } = require("../lib/output/strict_schema.cjs");

// Whether a partial value may grow into the whole: every text is a beginning of its text, every
// number and word is the whole one, and lists and objects have no more than the whole has.
function isBeginning(partial, whole) {
  if (typeof partial === "string")
    return typeof whole === "string" && whole.startsWith(partial);
  if (typeof partial !== "object" || partial === null) return partial === whole;
  if (Array.isArray(partial) !== Array.isArray(whole)) return false;
  return Object.entries(partial).every(
    ([name, value]) =>
      Object.hasOwn(whole, name) && isBeginning(value, whole[name]),
  );
}

const WHOLES = [
  { a: 1, b: [true, null, -1.5e10], c: { d: "x", e: {} }, f: [] },
  { quotes: 'a "b" \\ c\\\\', breaks: "\n\t\u0001", astral: "a😀b\ud83d" },
  [[[1, 2], [3]], [{ "a,b": "}]", "": "" }]],
  { escaped: "a\\ud83d", pair: "😀😀" },
  { 'n"ame\\': "{[", long: "x".repeat(700) },
  "only text",
];

test("json_cut_anywhere_is_a_beginning", () => {
  let compared = 0;
  for (const whole of WHOLES)
    for (const text of [
      JSON.stringify(whole),
      JSON.stringify(whole, null, 2),
      JSON.stringify(whole).replaceAll("😀", "\\ud83d\\ude00"),
    ])
      for (let end = 1; end <= text.length; end++) {
        const json = new PartialJson();
        json.push(text.slice(0, end));
        json.end();
        const { value } = json;
        assert.notEqual(value, undefined, text.slice(0, end));
        compared++;
        assert.ok(isBeginning(value, whole), text.slice(0, end));
      }
  assert.ok(compared > 1000, compared);
});

test("half_a_character_is_left_out", () => {
  for (const text of ['["a\ud83d', '["a\\ud83d', '["a\\ud83d\\u', '["a\\ude']) {
    const json = new PartialJson();
    json.push(text);
    assert.deepEqual(json.value, ["a"], text);
  }
});

test("json_in_pieces_of_any_size_is_whole_at_the_end", () => {
  for (const whole of WHOLES)
    for (const size of [1, 2, 3, 7, 1000]) {
      const text = JSON.stringify(whole);
      const json = new PartialJson();
      let last;
      for (let start = 0; start < text.length; start += size)
        if (json.push(text.slice(start, start + size))) last = json.value;
      if (json.end()) last = json.value;
      assert.deepEqual(last, whole);
    }
});

// A text is parsed a bounded number of times, however many pieces it comes in.
test("long_json_is_not_parsed_for_each_piece", () => {
  const json = new PartialJson();
  let parsed = 0;
  json.push('["');
  for (let count = 0; count < 100_000; count++) if (json.push("x")) parsed++;

  assert.ok(parsed < 4000, parsed);
  json.end();
  assert.equal(json.value[0].length, 100_000);
});

test("what_is_no_json_has_no_value", () => {
  for (const text of ["Rome is", "}", '{"a":"\u0001"}', "[1,}"]) {
    const json = new PartialJson();
    json.push(text);
    json.end();
    assert.equal(json.value, undefined, text);
  }
});

const STRING = { type: "string" };
const NULL = { type: "null" };

test("strict_closes_every_object", () => {
  const strict = strictSchema({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      kept: STRING,
      optional: { ...STRING, default: "a" },
      nullable: { type: ["string", "null"] },
      one: { oneOf: [{ type: "object", properties: { a: STRING } }, NULL] },
      list: { type: "array", items: { $ref: "#/$defs/item" } },
    },
    required: ["kept", "list"],
    $defs: { item: { type: "object", properties: {} } },
  });

  assert.deepEqual(strict, {
    type: "object",
    properties: {
      kept: STRING,
      optional: { anyOf: [STRING, NULL] },
      nullable: { type: ["string", "null"] },
      one: {
        anyOf: [
          {
            type: "object",
            properties: { a: { anyOf: [STRING, NULL] } },
            required: ["a"],
            additionalProperties: false,
          },
          NULL,
        ],
      },
      list: { type: "array", items: { $ref: "#/$defs/item" } },
    },
    required: ["kept", "optional", "nullable", "one", "list"],
    additionalProperties: false,
    $defs: {
      item: {
        type: "object",
        properties: {},
        required: [],
        additionalProperties: false,
      },
    },
  });
});

test("what_has_no_strict_form_has_none", () => {
  const inside = (schema) => ({ type: "object", properties: { a: schema } });
  for (const schema of [
    { type: "object", additionalProperties: STRING },
    inside({}),
    inside(true),
    inside({ type: "object" }),
    inside({ type: "array", prefixItems: [STRING] }),
    inside({ type: "object", properties: {}, additionalProperties: true }),
    inside({ type: "object", properties: {}, patternProperties: {} }),
  ])
    assert.equal(strictSchema(schema), null, JSON.stringify(schema));
});

test("only_nulls_of_the_strict_form_are_dropped", () => {
  const item = {
    type: "object",
    properties: {
      kind: { const: "a" },
      gone: STRING,
      kept: { anyOf: [STRING, NULL] },
      next: { $ref: "#/$defs/item" },
    },
    required: ["kind"],
  };
  const other = {
    type: "object",
    properties: { kind: { const: "b" }, gone: { type: ["string", "null"] } },
    required: ["kind", "gone"],
  };
  const schema = {
    type: "object",
    properties: {
      items: {
        type: "array",
        items: { anyOf: [{ $ref: "#/$defs/item" }, other] },
      },
    },
    $defs: { item },
  };
  const value = {
    items: [
      { kind: "a", gone: null, kept: null, next: { kind: "a", gone: null } },
      { kind: "b", gone: null },
    ],
  };

  assert.deepEqual(dropNulls(value, schema), {
    items: [
      { kind: "a", kept: null, next: { kind: "a" } },
      { kind: "b", gone: null },
    ],
  });
});
