// The options of a client and of a call: their names, in camel case here and in snake case for the
// core; and the errors about names that are no options. The core checks the values.
"use strict";

const { isSignal } = require("./abort_signals.cjs");
const { configError, invalidRequest } = require("./error.cjs");
const { toJson } = require("./json.cjs");
const { nearestNames } = require("./nearest_names.cjs");
const {
  CALL_OPTIONS,
  CLIENT_OPTIONS,
  OPERATION_FIELDS,
  STREAM_WINDOW_BYTES,
} = require("./schema.cjs");

const ACKNOWLEDGE_BYTES_MAX = 16_384;
// `collect` and `signal` are options of this package, which the core does not know.
const OF_CALL = [...CALL_OPTIONS, "signal"];
// The name in snake case by the one in camel case, of every option where they differ.
const SNAKE_NAMES = new Map(
  [...CLIENT_OPTIONS, ...CALL_OPTIONS]
    .filter((name) => name.includes("_"))
    .map((name) => [camelCase(name), name]),
);

// What new LiterLlm() takes. Names and values are checked by the core, at the first request.
function readClientOptions(options) {
  checkIsObject(
    options,
    'options must be an object such as { provider: "openai" }',
    configError,
  );
  return toSnakeCase(options);
}

// The options of invoke().
function readCallOptions(options) {
  const expected = "options must be an object such as { signal }";
  checkIsObject(options, expected, invalidRequest);
  refuseSignal(options);
  const { signal, ...others } = options;
  if (signal != null) checkIsSignal(signal);
  return { signal, callOptions: toSnakeCase(others) };
}

// A signal in place of options has no options, and would end nothing.
function refuseSignal(options) {
  if (isSignal(options))
    throw invalidRequest(
      "options must be an object such as { signal }, not an AbortSignal",
    );
}

function checkIsObject(value, expected, refuse) {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return;
  throw refuse(`${expected}, not ${describe(value)}`);
}

function checkIsSignal(signal) {
  if (isSignal(signal)) return;
  let found = describe(signal);
  if (typeof signal === "number")
    found += `; AbortSignal.timeout(${signal}) makes one`;
  else if (isSignal(signal.signal)) found += "; pass its signal";
  throw invalidRequest(`signal: expected an AbortSignal, got ${found}`);
}

// Only the names of options change: the name of a header or of a field of the body is not ours.
function toSnakeCase(options) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [snakeCase(name), value]),
  );
}

// The core does not know the options of this package by name.
function checkClientOptions(options) {
  if (options.signal === undefined) return;
  throw configError('"signal" is an option of a call, not of the client');
}

// The options of a call: only a stream may keep what it delivers, and a list of models has no body.
function callOptionsOf(operation) {
  if (operation === "chat") return [...OF_CALL, "collect"];
  return operation === "models"
    ? OF_CALL.filter((name) => name !== "extra_body")
    : OF_CALL;
}

// The name of the function of an operation.
const functionOf = (operation) =>
  operation === "chat" ? "invoke" : camelCase(operation);

// The core takes an unknown option of a call for a field of the request, and sends it to the
// provider. It refuses the options of the client itself.
function checkCallOptions(options, operation) {
  const known = callOptionsOf(operation);
  for (const name of Object.keys(options)) {
    if (known.includes(name) || CLIENT_OPTIONS.includes(name)) continue;
    // Of a batch the functions have the fields, each its own.
    throw invalidRequest(
      operation !== "batch" && OPERATION_FIELDS[operation].includes(name)
        ? `"${camelCase(name)}" is a field of a request, not an option; set request.${name}`
        : `option "${camelCase(name)}" is unknown${didYouMean(name, known)}`,
    );
  }
}

function didYouMean(name, known) {
  const names = nearestNames(name, known).map((near) => `"${camelCase(near)}"`);
  if (names.length === 0) return "";
  const last = names.pop();
  const list = names.length === 0 ? last : `${names.join(", ")} or ${last}`;
  return `; did you mean ${list}?`;
}

// An option in camel case that stands in the request would be sent to the provider: a key, too.
function checkRequestFields(request, operation) {
  const known = callOptionsOf(operation);
  for (const [name, value] of Object.entries(request)) {
    if (!isOption(name, value)) continue;
    const call = `${functionOf(operation)}(request, { ${name} })`;
    throw invalidRequest(
      known.includes(SNAKE_NAMES.get(name) ?? name)
        ? `"${name}" is an option, not a field of a request; use ${call}`
        : `"${name}" is an option of the client, not of a call`,
    );
  }
  checkOperation(request.operation, operation);
  if (operation !== "chat") checkSpelling(request, OPERATION_FIELDS[operation]);
}

const isOption = (name, value) =>
  value !== undefined &&
  (SNAKE_NAMES.has(name) || (name === "signal" && isSignal(value)));

// A row of a batch has no options, also none that would go to the provider: a key, too. The core
// refuses those in snake case.
function checkBatchRow(row, index) {
  const at = `requests[${index}]`;
  const expected = `${at} must be an object with id and request`;
  checkIsObject(row, expected, invalidRequest);
  const { request } = row;
  checkIsObject(request, `${at}.request must be an object`, invalidRequest);
  for (const [name, value] of Object.entries(request)) {
    if (!isOption(name, value) && name !== "collect") continue;
    const call = `batch.submit(rows, { ${name} })`;
    throw invalidRequest(
      CALL_OPTIONS.includes(SNAKE_NAMES.get(name)) || name === "signal"
        ? `${at}.request: "${name}" is an option of the call, not of a row; use ${call}`
        : `${at}.request: "${name}" is no option of a row`,
    );
  }
  if (request.operation === "embed")
    checkSpelling(request, OPERATION_FIELDS.embed);
}

// Each operation has a function of its own, because each returns something else. What is no
// operation is refused by the core.
function checkOperation(named, operation) {
  if (named === operation) return;
  const isKnown = Object.keys(OPERATION_FIELDS).includes(named);
  if (isKnown) {
    const reason = `"${named}" is not what ${functionOf(operation)}() does`;
    const call =
      named === "batch"
        ? "batch.submit(rows)"
        : `${functionOf(named)}(request)`;
    throw invalidRequest(`operation: ${reason}; use ${call}`);
  }
}

// A field in camel case would be sent to the provider, which ignores it.
function checkSpelling(request, fields) {
  for (const name of Object.keys(request)) {
    const meant = snakeCase(name);
    if (meant === name || !fields.includes(meant)) continue;
    throw invalidRequest(
      `"${name}" is not a field of a request; did you mean "${meant}"?`,
    );
  }
}

// Whether the stream keeps what it delivers, which the core need not know.
function readCollect(value, refuse) {
  if (value == null || typeof value === "boolean") return value;
  throw refuse(`collect: expected true or false, got ${describe(value)}`);
}

// How many bytes a stream reads before it acknowledges them: at most a quarter of the window,
// because fewer may stay unacknowledged and must not close it. What is not a number is refused by
// the core.
function acknowledgeBytes(window) {
  const part = Math.floor((window ?? STREAM_WINDOW_BYTES) / 4) || 1;
  return Math.max(1, Math.min(part, ACKNOWLEDGE_BYTES_MAX));
}

// A message of the core, with the names of options as JavaScript has them.
function inCamelCase(message, options = {}) {
  const names = new Set([...SNAKE_NAMES.values(), ...Object.keys(options)]);
  return message?.replace(/\w+/g, (name) =>
    names.has(name) ? camelCase(name) : name,
  );
}

// Options, or a request with the options of its call, as JSON for the core.
function optionsToJson(options) {
  return toJson(options, "options", (message, cause) =>
    configError(inCamelCase(message, options), cause),
  );
}

function requestToJson(fields) {
  return toJson(fields, "request", (message, cause) =>
    invalidRequest(inCamelCase(message), cause),
  );
}

// A value in the core's words. A text is quoted only where it is short and cannot be a sentence.
function describe(value) {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string")
    return /^[\w.+-]{0,16}$/.test(value) ? `"${value}"` : "text";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const name = value.constructor?.name;
  return !name || name === "Object" ? "an object" : `an instance of ${name}`;
}

function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

module.exports = {
  acknowledgeBytes,
  checkBatchRow,
  checkCallOptions,
  checkClientOptions,
  checkIsObject,
  checkRequestFields,
  inCamelCase,
  optionsToJson,
  readCallOptions,
  readClientOptions,
  readCollect,
  refuseSignal,
  requestToJson,
};
