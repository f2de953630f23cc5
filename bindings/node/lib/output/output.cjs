// Output: what the option `output` asks for. It says how a request asks for it, and reads it from a
// response.
"use strict";

const { describe } = require("../describe.cjs");
const { configError, invalidRequest } = require("../error.cjs");
const { issuesToText, jsonSchemaOf, validate } = require("./json_schema.cjs");
const { OutputError } = require("./output_error.cjs");
const { dropNulls, strictSchema } = require("./strict_schema.cjs");

// The name of the property that holds an output that is no object: providers want one at the root.
const WRAPPED = "value";
const NAME = "output";
const NAME_MAX = 64;
const RETRIES_MAX = 10;
const made = new WeakMap();

class Output {
  retries;
  #schema;
  // The JSON schema of the root, and whether the output is a property of it.
  #root;
  #isWrapped;
  #strict;

  constructor(schema, retries = 0) {
    const isCount = Number.isSafeInteger(retries) && retries >= 0;
    if (!isCount || retries > RETRIES_MAX)
      throw configError(
        `outputRetries: expected an integer from 0 to ${RETRIES_MAX}, got ${describe(retries)}`,
      );
    this.retries = retries;
    this.#schema = schema;
    const { root, isWrapped, strict } = formsOf(schema);
    this.#root = root;
    this.#isWrapped = isWrapped;
    this.#strict = strict;
  }

  // The fields of a request that asks for it.
  apply(fields) {
    if (fields.response_format != null)
      throw invalidRequest(
        "response_format and output cannot both be set; leave one out",
      );
    if (fields.collect === false)
      throw invalidRequest(
        "output needs the text of the response; leave collect out",
      );
    const { title, description } = this.#root;
    const name = title?.replace(/[^\w-]+/g, "_").slice(0, NAME_MAX) || NAME;
    const { $schema: _, ...root } = this.#root;
    const format = {
      ...{ name, strict: this.#strict !== null },
      schema: this.#strict ?? root,
    };
    if (description !== undefined) format.description = description;
    const response_format = { type: "json_schema", json_schema: format };
    return { ...fields, collect: true, response_format };
  }

  // What a whole response has, as `{ value }`; null where it calls tools and has no text yet.
  async read(response) {
    if (response.toolCalls.length > 0 && response.text.trim() === "")
      return null;
    const refused = whyNone(response);
    if (refused !== null)
      throw new OutputError(`output: ${refused}`, response, { mayHelp: false });
    const result = await validate(this.#schema, this.#parse(response));
    if (result.issues === undefined) return result;
    const { issues } = result;
    const what = `output: the response does not fit the schema: ${issuesToText(issues)}`;
    throw new OutputError(what, response, { issues, mayHelp: true });
  }

  // The same of JSON that is not whole, unchecked; undefined where there is nothing yet.
  partial(value) {
    const isObject = typeof value === "object" && value !== null;
    if (this.#isWrapped && !isObject) return undefined;
    return this.#unwrap(value);
  }

  #parse(response) {
    let value;
    try {
      value = JSON.parse(withoutFence(response.text));
    } catch {
      // What JSON.parse() says quotes the text.
      const issues = [{ message: "the text is not valid JSON", path: [] }];
      const what = "output: the response is not JSON";
      throw new OutputError(what, response, { issues, mayHelp: true });
    }
    return this.#unwrap(value);
  }

  #unwrap(value) {
    if (this.#strict !== null) dropNulls(value, this.#root);
    return this.#isWrapped ? value?.[WRAPPED] : value;
  }
}

// The JSON schema of the root and its strict form. That of a library's schema is made once: such a
// schema does not change, and map() has the same one for each request.
function formsOf(schema) {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const plain = jsonSchemaOf(schema, "output");
  const isWrapped = plain.type !== "object";
  const root = isWrapped ? wrapped(plain) : plain;
  const forms = { root, isWrapped, strict: strictSchema(root) };
  if (plain !== schema) made.set(schema, forms);
  return forms;
}

// The request that has the model mend a response, or null where that cannot help.
function repairRequest(fields, error) {
  if (!(error instanceof OutputError) || !error.retryable) return null;
  const { issues, response } = error;
  const content =
    `This does not fit the JSON schema: ${issuesToText(issues)}\n` +
    "Answer again with nothing but JSON that fits it.";
  const turns = [response.message, { role: "user", content }];
  return { ...fields, messages: [...fields.messages, ...turns] };
}

function whyNone({ refusal, finishReason, text }) {
  if (refusal !== null) return "the model refused to answer";
  if (finishReason === "length")
    return "the JSON is cut, because the model met its token limit; raise max_tokens";
  if (finishReason === "content_filter")
    return "a filter held the response back";
  return text.trim() === "" ? "the response has no text" : null;
}

// Some models put JSON into a block of Markdown although they were asked for JSON alone.
function withoutFence(text) {
  const [, inside] = text.match(/^\s*```\w*\n([^]*?)\n?```\s*$/) ?? [];
  return inside ?? text;
}

// References start from the root, which is another one now.
function wrapped({ $schema: _, $defs, definitions, ...schema }) {
  const own = JSON.parse(
    JSON.stringify({ $defs, definitions, schema }),
    (name, value) =>
      name === "$ref" && value === "#" ? `#/properties/${WRAPPED}` : value,
  );
  const root = {
    type: "object",
    properties: { [WRAPPED]: own.schema },
    required: [WRAPPED],
    additionalProperties: false,
  };
  for (const name of ["$defs", "definitions"])
    if (own[name] !== undefined) root[name] = own[name];
  const { title, description } = schema;
  if (title !== undefined) root.title = title;
  if (description !== undefined) root.description = description;
  return root;
}

module.exports = { Output, repairRequest };
