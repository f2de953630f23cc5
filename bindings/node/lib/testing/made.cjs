// Responses and errors as calls give them, made of the fields that a test is about; the others have
// the values of a short response that went well.
"use strict";

const { LlmError, configError } = require("../error.cjs");
const { usageFields } = require("../fields.cjs");
const { LlmResponse, setOutput } = require("../llm_response.cjs");
const { nearestNames } = require("../nearest_names.cjs");
const { ResponseBuilder } = require("../response.cjs");
const { ERROR_KINDS } = require("../schema.cjs");
const { SCRIPT_KINDS } = require("../script_kinds.cjs");

const START = JSON.stringify({ model: "test-model", provider: "script" });
const RECEIPT = JSON.stringify({ outcome: "complete", attempts: 1 });

function makeResponse(fields = {}) {
  const builder = new ResponseBuilder();
  builder.start(START);
  builder.end(RECEIPT, false);
  const defaults = { ...builder.build() };
  checkNames("makeResponse", fields, [...Object.keys(defaults), "output"]);
  const { output, ...given } = fields;
  const text =
    given.text ?? (output === undefined ? "" : JSON.stringify(output));
  const toolCalls = (given.toolCalls ?? []).map(wholeCall);
  const response = new LlmResponse({
    ...defaults,
    content: text === "" ? [] : [{ type: "text", text }],
    finishReason: toolCalls.length > 0 ? "tool_calls" : "stop",
    ...given,
    ...{ text, toolCalls },
    usage: given.usage == null ? null : { ...usageFields({}), ...given.usage },
  });
  if (output !== undefined) setOutput(response, { value: output });
  return response;
}

// A call as a script has it, whose arguments may be an object.
function wholeCall({ arguments: input = {}, ...call }, index) {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  return { index, id: `call_${index + 1}`, ...call, arguments: text };
}

function makeError(kind, message = "made by a test", fields = {}) {
  const kinds = [...Object.keys(ERROR_KINDS), "UNKNOWN"];
  if (!kinds.includes(kind))
    throw configError(
      `makeError: ${JSON.stringify(kind)} is no kind of error; known are ${kinds.join(", ")}`,
    );
  const { partial = null, cause, ...given } = fields;
  const error = new LlmError({ kind, message }, partial, cause);
  const { kind: _, ...known } = error;
  checkNames("makeError", given, Object.keys(known));
  Object.assign(error, defaultsOf(kind), given);
  Error.captureStackTrace(error, makeError);
  return error;
}

// What a provider's error of this kind has.
function defaultsOf(kind) {
  return {
    status: SCRIPT_KINDS.get(kind) ?? null,
    retryable: ERROR_KINDS[kind] ?? false,
    attempts: SCRIPT_KINDS.has(kind) ? 1 : 0,
    timer: kind === "TIMEOUT" ? "headers" : null,
  };
}

function checkNames(what, fields, known) {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue;
    const [near] = nearestNames(name, known);
    const meant = near === undefined ? "" : `; did you mean "${near}"?`;
    throw configError(`${what}: "${name}" is unknown${meant}`);
  }
}

module.exports = { makeError, makeResponse };
