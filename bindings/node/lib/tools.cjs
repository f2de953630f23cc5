// Tools that a program defines with a schema, and the calls of one response, run side by side. What
// goes wrong is the result of its call, for the model to read: there is no loop here.
"use strict";

const { checkIsObject, describe } = require("./describe.cjs");
const { LlmError, configError, invalidRequest } = require("./error.cjs");
const {
  issuesToText,
  jsonSchemaOf,
  validate,
} = require("./output/json_schema.cjs");
const { dropNulls, strictSchema } = require("./output/strict_schema.cjs");

const NO_INPUT = {
  type: "object",
  properties: {},
  additionalProperties: false,
};
const FIELDS = ["name", "description", "input", "run", "strict"];
// The names that providers take.
const NAME = /^[\w-]{1,64}$/;

// A tool of a request, with the function that runs it. What is sent is enumerable.
class Tool {
  type = "function";
  function;
  #input;
  #run;
  #schema;
  #isStrict;

  constructor(definition) {
    checkFields(definition);
    const { name, description, input = NO_INPUT, run } = definition;
    const { strict = false } = definition;
    if (typeof name !== "string" || !NAME.test(name))
      throw configError(
        `tool: name: expected up to 64 letters, digits, _ and -, got ${shownName(name)}`,
      );
    if (typeof run !== "function")
      throw configError(
        `tool ${name}: run: expected a function, got ${describe(run)}`,
      );
    this.#input = input;
    this.#run = run;
    this.#schema = jsonSchemaOf(input, `tool ${name}: input`);
    checkIsOfObjects(this.#schema, name);
    this.#isStrict = strict === true;
    const { $schema: _, ...parameters } = this.#isStrict
      ? strictOf(this.#schema, name)
      : this.#schema;
    this.function = { name, parameters };
    if (description !== undefined) this.function.description = description;
    if (this.#isStrict) this.function.strict = true;
  }

  get name() {
    return this.function.name;
  }

  // Checks the arguments, which are text as the model wrote it, and runs the function.
  async run(text, context = {}) {
    const value = JSON.parse(text || "{}");
    if (this.#isStrict) dropNulls(value, this.#schema);
    const checked = await validate(this.#input, value);
    if (checked.issues !== undefined)
      throw new TypeError(issuesToText(checked.issues));
    return this.#run(checked.value, context);
  }
}

const tool = (definition) => new Tool(definition);

// A field that is none would be a tool without arguments, which the model calls all the same.
function checkFields(definition) {
  const expected = "tool: expected an object such as { name, input, run }";
  checkIsObject(definition, expected, configError);
  const unknown = Object.keys(definition).find((one) => !FIELDS.includes(one));
  if (unknown === undefined) return;
  const known = FIELDS.join(", ");
  throw configError(`tool: ${unknown} is unknown; there are: ${known}`);
}

// Arguments have names, so providers take no other schema. One of `anyOf` has no type.
function checkIsOfObjects({ type = "object" }, name) {
  if (type === "object") return;
  throw configError(
    `tool ${name}: input: expected a schema of an object, got one of type ${type}`,
  );
}

const shownName = (name) =>
  typeof name === "string" ? JSON.stringify(name.slice(0, 80)) : describe(name);

function strictOf(schema, name) {
  const strict = strictSchema(schema);
  if (strict !== null) return strict;
  const reason = "a record or a value of any kind has no strict form";
  throw configError(`tool ${name}: strict: ${reason}; leave strict out`);
}

// Runs all calls of a response at once. Returns a message for each, in their order, to be appended
// to the messages behind response.message.
async function runTools(response, tools, { signal } = {}) {
  if (!Array.isArray(tools) || !tools.every((one) => one instanceof Tool))
    throw invalidRequest("tools: expected a list of what tool() returned");
  if (!Array.isArray(response?.toolCalls))
    throw invalidRequest(
      `runTools: expected a response, which await stream gives, got ${describe(response)}`,
    );
  if (signal?.aborted) throw cancelled(signal);
  const results = response.toolCalls.map(async (call) => ({
    role: "tool",
    tool_call_id: call.id,
    ...(await resultOf(call, tools, signal)),
  }));
  const messages = Promise.all(results);
  return signal ? unlessAborted(messages, signal) : messages;
}

async function resultOf(call, tools, signal) {
  try {
    const found = tools.find(({ name }) => name === call.name);
    if (found === undefined) throw new TypeError(unknownTool(call, tools));
    return {
      content: toText(await found.run(call.arguments, { call, signal })),
    };
  } catch (error) {
    const content = JSON.stringify({ error: error?.message ?? String(error) });
    return { content, is_error: true };
  }
}

function unknownTool(call, tools) {
  const names = tools.map(({ name }) => name).join(", ");
  return `there is no tool ${call.name}; there are: ${names}`;
}

// A result as the model reads it.
const toText = (result) =>
  typeof result === "string" ? result : (JSON.stringify(result) ?? "null");

function cancelled(signal) {
  const message = "the signal was aborted while tools ran";
  return new LlmError({ kind: "CANCELLED", message }, null, signal.reason);
}

// The same promise, which is rejected when the signal is aborted; no listener is left behind.
async function unlessAborted(promise, signal) {
  let abort;
  const aborted = new Promise((_, reject) => {
    abort = () => reject(cancelled(signal));
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

module.exports = { Tool, runTools, tool };
