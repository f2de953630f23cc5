// The options of a client and of a call: which there are, and the errors about names that are none.
// The core checks the values; those of a client that do not look usual it is shown at once.
"use strict";

const { isSignal } = require("./abort_signals.cjs");
const { checkIsObject, describe } = require("./describe.cjs");
const { configError, invalidRequest } = require("./error.cjs");
const { toJson } = require("./json.cjs");
const { checkLogger } = require("./logger.cjs");
const { nearestNames } = require("./nearest_names.cjs");
const {
  CLIENT_OPTIONS,
  camelCase,
  inCamelCase,
  snakeCase,
  toSnakeCase,
} = require("./option_names.cjs");
const { withScriptAndTape } = require("./script_and_tape.cjs");
const {
  CALL_OPTIONS,
  OPERATION_FIELDS,
  STREAM_WINDOW_BYTES,
} = require("./schema.cjs");
const { isObject } = require("./usual_values.cjs");

const ACKNOWLEDGE_BYTES_MAX = 16_384;
// The default with a `logger`.
const LOG_LEVEL = "info";
// Options of this package, which the core does not know.
const OF_CALL = [...CALL_OPTIONS, "signal"];
const OF_STREAM = ["collect", "output", "output_retries"];

// What new LiterLlm() takes: the fields for the core in snake case, and what it need not know.
function readClientOptions(options) {
  checkIsObject(
    options,
    'options must be an object such as { provider: "openai" }',
    configError,
  );
  const { collect, logger, ...others } = options;
  if (others.signal !== undefined)
    throw configError('"signal" is an option of a call, not of the client');
  if (logger != null) {
    checkLogger(logger);
    others.logLevel ??= LOG_LEVEL;
  }
  checkHeaders(others.headers, configError);
  const fields = toSnakeCase(others);
  return {
    fields: withFallbacks(withScriptAndTape(fields)),
    collect: readCollect(collect, configError) ?? true,
    logger: logger ?? null,
  };
}

// The options of the call of an operation, in snake case, and its signal. `own` are those of the
// function alone, which it has taken out.
function readCallOptions(options, operation, own = []) {
  const expected = "options must be an object such as { signal }";
  checkIsObject(options, expected, invalidRequest);
  refuseSignal(options);
  const { signal, ...others } = options;
  if (signal != null) checkIsSignal(signal);
  // A signal is all that many calls have.
  if (Object.keys(others).length === 0) return { signal, callOptions: {} };
  checkHeaders(others.headers, invalidRequest);
  const callOptions = toSnakeCase(others);
  checkNames(callOptions, operation, own);
  const withScript = withScriptAndTape(callOptions);
  return { signal, callOptions: withFallbacks(withScript) };
}

// The web's Headers and a Map have no fields of their own: as JSON they would be empty.
function checkHeaders(headers, refuse) {
  if (typeof headers?.entries !== "function" || Array.isArray(headers)) return;
  const expected = `expected an object of texts, got ${describe(headers)}`;
  throw refuse(`option headers: ${expected}; use Object.fromEntries(headers)`);
}

// A signal in place of options has no options, and would end nothing.
function refuseSignal(options) {
  if (isSignal(options))
    throw invalidRequest(
      "options must be an object such as { signal }, not an AbortSignal",
    );
}

function checkIsSignal(signal) {
  if (isSignal(signal)) return;
  let found = describe(signal);
  if (typeof signal === "number")
    found += `; AbortSignal.timeout(${signal}) makes one`;
  else if (isSignal(signal.signal)) found += "; pass its signal";
  throw invalidRequest(`signal: expected an AbortSignal, got ${found}`);
}

// An object of fallbacks may have options too, in camel case as everywhere.
function withFallbacks(options) {
  const { fallbacks } = options;
  if (!Array.isArray(fallbacks)) return options;
  return {
    ...options,
    fallbacks: fallbacks.map((value) =>
      isObject(value) ? optionsToSnakeCase(value) : value,
    ),
  };
}

function optionsToSnakeCase(fields) {
  const named = ([name, value]) => {
    const snake = snakeCase(name);
    return [CALL_OPTIONS.includes(snake) ? snake : name, value];
  };
  return withScriptAndTape(
    Object.fromEntries(Object.entries(fields).map(named)),
  );
}

// The options of a call: only a stream may keep what it delivers, and a list of models has no body.
function callOptionsOf(operation) {
  if (operation === "chat") return [...OF_CALL, ...OF_STREAM];
  return operation === "models"
    ? OF_CALL.filter((name) => name !== "extra_body")
    : OF_CALL;
}

// The core takes an unknown option of a call for a field of the request, and sends it to the
// provider: a misspelled one would do nothing.
function checkNames(options, operation, own) {
  const known = [...callOptionsOf(operation), ...own];
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw configError(whyUnknown(name, operation, known));
}

function whyUnknown(name, operation, known) {
  const shown = `"${camelCase(name)}"`;
  if (CLIENT_OPTIONS.includes(name) || name === "logger")
    return `${shown} is an option of the client, not of a call`;
  // Of a batch the functions have the fields, each its own.
  return operation !== "batch" && OPERATION_FIELDS[operation].includes(name)
    ? `${shown} is a field of a request, not an option; set request.${name}`
    : `option ${shown} is unknown${didYouMean(name, known)}`;
}

function didYouMean(name, known) {
  const names = nearestNames(name, known).map((near) => `"${camelCase(near)}"`);
  if (names.length === 0) return "";
  const last = names.pop();
  const list = names.length === 0 ? last : `${names.join(", ")} or ${last}`;
  return `; did you mean ${list}?`;
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

module.exports = {
  acknowledgeBytes,
  callOptionsOf,
  optionsToJson,
  readCallOptions,
  readClientOptions,
  readCollect,
  refuseSignal,
  requestToJson,
};
