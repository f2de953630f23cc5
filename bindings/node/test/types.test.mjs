// The types are those of the core's schema, and the package reads all that the schema lists. The
// declarations are read with the TypeScript compiler.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import * as imported from "liter-llm";
import * as testing from "liter-llm/testing";
import ts from "typescript";

import { SCHEMA, camelCase, generate } from "../generate.mjs";
import { FakeCore, Mock, PACKAGE, REQUEST, read, test } from "./support.mjs";

const mock = await Mock.start();
const require = createRequire(import.meta.url);
const { EventKind } = require("../lib/schema.cjs");
// Options of this package, which the core does not know.
const OURS = ["collect", "output", "outputRetries", "signal"];

const entry = path.join(PACKAGE, "index.d.ts");
const ofTesting = path.join(PACKAGE, "testing.d.ts");
const program = ts.createProgram([entry, ofTesting], { strict: true });
const checker = program.getTypeChecker();
const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
const exported = new Map(
  checker
    .getExportsOfModule(module)
    .map((symbol) => [symbol.name, checker.getDeclaredTypeOfSymbol(symbol)]),
);

const namesOf = (entries) => entries.map(({ name }) => name);
const camelNamesOf = (entries) => namesOf(entries).map(camelCase);

const isOurs = ({ fileName }) =>
  fileName.startsWith(PACKAGE) && !fileName.includes("node_modules");

// The fields of a type, with their comments, that are declared in this package.
function fieldsOf(name) {
  const fields = checker
    .getPropertiesOfType(exported.get(name))
    .filter(({ declarations }) => isOurs(declarations[0].getSourceFile()));
  return new Map(
    fields.map((symbol) => [
      symbol.name,
      ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    ]),
  );
}

const wordsOf = (name) => exported.get(name).types.map(({ value }) => value);

function assertFields(name, expected, ours = []) {
  assert.ok(expected.length > 0);
  const found = [...fieldsOf(name).keys()].sort();
  assert.deepEqual(found, [...expected, ...ours].sort(), name);
}

test("generated_files_are_fresh", async () => {
  for (const [name, text] of Object.entries(await generate())) {
    const written = readFileSync(path.join(PACKAGE, name), "utf8");
    assert.equal(written, text, `${name} is stale: run npm run generate`);
  }
});

test("types_have_every_option", () => {
  const ours = ["collect", "logger"];
  assertFields("Options", camelNamesOf(SCHEMA.client_options), ours);
  assertFields("CallOptions", camelNamesOf(SCHEMA.call_options), ["collect"]);
  assertFields("InvokeOptions", camelNamesOf(SCHEMA.call_options), OURS);
});

test("every_option_has_the_comment_of_the_schema", () => {
  const plain = (text) => text.replaceAll(/\s+/g, " ");
  for (const [name, entries] of [
    ["Options", SCHEMA.client_options],
    ["CallOptions", SCHEMA.call_options],
  ]) {
    const fields = fieldsOf(name);
    for (const { name: option, description } of entries) {
      // The type of this option is text; an object is a field of the request.
      const ownWords = name === "CallOptions" && option === "provider";
      const expected = ownWords
        ? "The provider to ask."
        : description.replaceAll(/`\w+`/g, camelCase);
      assert.equal(plain(fields.get(camelCase(option))), expected, option);
    }
  }
  for (const name of ["InvokeOptions", "Usage"])
    for (const [field, comment] of fieldsOf(name))
      assert.notEqual(comment, "", field);
});

test("types_have_every_field_of_a_request", () => {
  const ofChat = [...fieldsOf("ChatFields").keys()];
  const others = ["extraBody", ...ofChat];

  assertFields("LlmRequest", namesOf(SCHEMA.request_fields), others);
});

test("types_have_every_field_of_an_operations_request", () => {
  const fieldsByName = Object.fromEntries(
    SCHEMA.operations.map(({ name, fields }) => [name, namesOf(fields)]),
  );

  assertFields("EmbedRequest", fieldsByName.embed, ["extraBody"]);
  assertFields("RerankRequest", fieldsByName.rerank, ["extraBody"]);
  assert.deepEqual([...fieldsOf("ModelsRequest").keys()], fieldsByName.models);
  // What a batch is asked is said by the function, its arguments and its options.
  const ofBatches = ["BatchSubmission", "BatchListing"].flatMap((name) => [
    ...fieldsOf(name).keys(),
  ]);
  assert.deepEqual(
    ["action", "batch", "requests", ...ofBatches].sort(),
    fieldsByName.batch.map(camelCase).sort(),
  );
  const ofItsOwn = ["embed", "rerank", "models", "batch"];
  const operations = [...ofItsOwn, "chat", "count_tokens", "stats"];
  assert.deepEqual(Object.keys(fieldsByName).sort(), operations.sort());
});

const DURATIONS = camelNamesOf(SCHEMA.timing_fields);
const START = camelNamesOf(SCHEMA.start_fields);
// What only operations other than chat have, and of those only embed.
const OF_OPERATIONS = ["requests"];
const OF_EMBED = [
  ...["dimensions", "count", "truncated"],
  ...["finishedRanges", "failedRanges"],
];
const RECEIPT = camelNamesOf(SCHEMA.receipt_fields).filter(
  (name) => !["error", "timings", ...OF_OPERATIONS, ...OF_EMBED].includes(name),
);

test("types_have_every_field_of_a_response", () => {
  const response = new Set([...START, ...RECEIPT, ...DURATIONS]);
  const collected = ["text", "reasoning", "refusal", "toolCalls", "parts"];

  assertFields("StartEvent", START, ["type"]);
  assertFields(
    "EndEvent",
    [...RECEIPT.filter((name) => name !== "outcome"), ...DURATIONS],
    ["type"],
  );
  assertFields(
    "LlmResponse",
    [...response],
    [
      ...[...collected, "collected", "content", "message"],
      ...["output", "rejected", "toJSON", "toString"],
    ],
  );
  assertFields("Usage", camelNamesOf(SCHEMA.usage_fields));
  assertFields("Tried", camelNamesOf(SCHEMA.tried_fields));
  assertFields("ToolCall", camelNamesOf(SCHEMA.tool_call_fields));
  const delta = camelNamesOf(SCHEMA.tool_delta_fields);
  assertFields("ToolDeltaEvent", delta, ["type"]);
});

test("types_have_every_field_of_an_operations_response", () => {
  const common = [
    ...["outcome", "usage", "attempts", "tried", ...START],
    ...[...OF_OPERATIONS, "totalMs", "queuedMs"],
  ];
  const results = {
    EmbedResponse: [...OF_EMBED, "vectors", "values", "toJSON"],
    RerankResponse: ["results"],
    ModelsResponse: ["models"],
    CountTokensResponse: camelNamesOf(SCHEMA.input_tokens_fields),
  };

  for (const [name, found] of Object.entries(results))
    assertFields(name, common, found);
  for (const [name, entries] of [
    ["RerankResult", SCHEMA.rerank_result_fields],
    ["Model", SCHEMA.model_fields],
    ["ProviderStats", SCHEMA.provider_stats_fields],
    ["Stats", SCHEMA.stats_fields],
  ])
    assertFields(name, camelNamesOf(entries));
});

// The provider's own code has another name here, as Node.js calls the kind of an error its code.
test("types_have_every_field_of_an_error", () => {
  const fields = SCHEMA.error_fields.filter(
    ({ name }) => !["number", "message"].includes(name),
  );
  const names = camelNamesOf(fields).map((name) =>
    name === "code" ? "providerCode" : name,
  );

  const ours = ["code", "partial", "cause", "toJSON"];
  assertFields("LlmError", names, ours);
  const ofOutput = ["text", "response", "issues"];
  assertFields("OutputError", names, [...ours, ...ofOutput]);
});

test("types_have_every_word", () => {
  const events = exported
    .get("StreamEvent")
    .types.map((type) => checker.getPropertyOfType(type, "type"))
    .flatMap((symbol) => {
      const type = checker.getTypeOfSymbol(symbol);
      return (type.types ?? [type]).map(({ value }) => value);
    });
  // Lines of the log go to a channel, keys are asked of their function, and a stream has no vectors
  // and results.
  const kinds = namesOf(SCHEMA.event_kinds).filter(
    (name) => !["LOG", "KEY", "VECTORS", "RESULT"].includes(name),
  );

  assert.deepEqual(
    events.sort(),
    kinds.map((kind) => kind.toLowerCase()).sort(),
  );
  const roles = exported.get("Message").types.flatMap((message) => {
    const role = checker.getPropertyOfType(message, "role");
    const type = checker.getTypeOfSymbol(role);
    return (type.types ?? [type]).map(({ value }) => value);
  });
  assert.deepEqual(roles.sort(), namesOf(SCHEMA.roles).sort());
  const unknown = [...namesOf(SCHEMA.error_kinds), "UNKNOWN"];
  assert.deepEqual(wordsOf("ErrorKind").sort(), unknown.sort());
  for (const [name, entries] of [
    ["Outcome", SCHEMA.outcomes],
    ["FinishReason", SCHEMA.finish_reasons],
    ["Phase", SCHEMA.phases],
    ["Timer", SCHEMA.timers],
    ["LogLevel", SCHEMA.log_levels],
  ])
    assert.deepEqual(wordsOf(name).sort(), namesOf(entries).sort(), name);
});

// The types declare the values that are exported, and no others.
test("types_have_every_field_of_the_log", () => {
  assertFields("LogRecord", camelNamesOf(SCHEMA.log_fields), ["stream"]);
});

test("types_have_every_export", () => {
  for (const [file, found] of [
    [entry, imported],
    [ofTesting, testing],
  ]) {
    const declared = checker
      .getExportsOfModule(
        checker.getSymbolAtLocation(program.getSourceFile(file)),
      )
      .filter(({ flags }) => flags & ts.SymbolFlags.Value);
    assert.deepEqual(namesOf(declared).sort(), Object.keys(found).sort());
  }
});

test("types_have_every_field_of_scripts_and_tapes", () => {
  for (const [name, entries] of [
    ["ScriptAnswer", SCHEMA.script_answer_fields],
    ["ScriptError", SCHEMA.script_error_fields],
    ["ScriptCondition", SCHEMA.script_condition_fields],
    ["TapeOptions", SCHEMA.tape_fields],
  ])
    assertFields(name, camelNamesOf(entries));
  assert.deepEqual(wordsOf("TapeMode"), namesOf(SCHEMA.tape_modes));
  assert.deepEqual(wordsOf("TapePace"), namesOf(SCHEMA.tape_paces));
});

// An import of ours would hide what the web and Node.js have under that name.
test("no_export_has_the_name_of_a_global", () => {
  const { Type, Value, Namespace } = ts.SymbolFlags;
  const nameOfGlobal = (name) =>
    checker.resolveName(name, undefined, Type | Value | Namespace, false);
  assert.ok(nameOfGlobal("Response") && nameOfGlobal("ReadableStream"));

  const hidden = checker
    .getExportsOfModule(module)
    .filter(({ name }) => nameOfGlobal(name));

  assert.deepEqual(namesOf(hidden), []);
});

// Each is also an option that the core takes, under the name that camel case gives it.
test("every_typed_option_is_taken", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const samples = {
    ...{ boolean: false, headers: {}, "log level": "off" },
    ...{ milliseconds: 4096, bytes: 4096, integer: 2 },
  };
  const checked = SCHEMA.client_options.filter(({ type }) => type in samples);
  assert.ok(checked.length > 20, `${checked.length} options were found`);

  for (const { name, type } of checked) {
    const llm = mock.connect(key, { [camelCase(name)]: samples[type] });
    assert.equal((await llm.invoke(REQUEST)).text, "Hello", name);
    llm.close();
  }
});

// A value for a field, by its type.
const sampleOf = ({ name, type }) =>
  type === "object"
    ? { of: name }
    : type === "list of text"
      ? [name]
      : type === "text"
        ? name
        : 7;
const samplesOf = (entries) =>
  Object.fromEntries(entries.map((entry) => [entry.name, sampleOf(entry)]));

test("every_field_of_the_schema_is_read", async () => {
  const core = new FakeCore();
  const stream = new core.LiterLlm().invoke(REQUEST);
  const reading = read(stream.events());
  await Promise.resolve();
  const start = samplesOf(SCHEMA.start_fields);
  const receipt = {
    ...samplesOf(SCHEMA.receipt_fields),
    ...{ outcome: "complete", error: undefined },
    usage: samplesOf(SCHEMA.usage_fields),
    timings: samplesOf(SCHEMA.timing_fields),
    tried: [samplesOf(SCHEMA.tried_fields)],
  };
  core.deliver(
    1,
    [EventKind.START, JSON.stringify(start)],
    [EventKind.TOOL_DELTA, JSON.stringify(samplesOf(SCHEMA.tool_delta_fields))],
    [EventKind.TOOL_CALL, JSON.stringify(samplesOf(SCHEMA.tool_call_fields))],
    [EventKind.END, JSON.stringify(receipt)],
  );

  const [first, delta, call, end] = await reading;
  const { response } = stream;

  const fields = (entries) =>
    Object.fromEntries(
      entries.map((entry) => [camelCase(entry.name), sampleOf(entry)]),
    );
  assert.deepEqual(first, { type: "start", ...fields(SCHEMA.start_fields) });
  assert.deepEqual(delta, {
    type: "tool_delta",
    ...fields(SCHEMA.tool_delta_fields),
  });
  assert.deepEqual(call, {
    type: "tool_call",
    ...fields(SCHEMA.tool_call_fields),
  });
  const ended = Object.fromEntries(
    Object.entries(fields(SCHEMA.receipt_fields)).filter(
      ([name]) => RECEIPT.includes(name) && name !== "outcome",
    ),
  );
  const expected = {
    ...{ ...ended, ...fields(SCHEMA.timing_fields) },
    usage: fields(SCHEMA.usage_fields),
    tried: [fields(SCHEMA.tried_fields)],
  };
  assert.deepEqual(end, { type: "end", ...expected });
  for (const [name, value] of Object.entries(expected))
    if (name !== "warnings") assert.deepEqual(response[name], value, name);
  for (const name of START) assert.notEqual(response[name] ?? null, null, name);
});
