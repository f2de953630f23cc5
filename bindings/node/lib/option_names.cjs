// The names of options: in camel case here, in snake case for the core; and messages of the core in
// which they stand. Pure.
"use strict";

const {
  CALL_OPTIONS,
  CLIENT_OPTION_TYPES,
  SCRIPT_ANSWER_FIELDS,
  SCRIPT_ERROR_FIELDS,
  TAPE_FIELDS,
} = require("./schema.cjs");

const CLIENT_OPTIONS = Object.keys(CLIENT_OPTION_TYPES);
// The name in snake case by the one in camel case, of every option where they differ.
const SNAKE_NAMES = new Map(
  [...CLIENT_OPTIONS, ...CALL_OPTIONS]
    .filter((name) => name.includes("_"))
    .map((name) => [camelCase(name), name]),
);
// Messages of these kinds are the core's own words, also after a request was sent; one of another
// kind quotes the provider, whose words stay.
const OWN_KINDS = new Set([
  ...["INVALID_ARGUMENT", "CONFIG", "NETWORK", "TLS", "TIMEOUT", "TRUNCATED"],
  ...["PROTOCOL", "TOO_LARGE", "CANCELLED", "CLOSED", "INTERNAL"],
]);
// What the core adds behind the provider's words.
const ADVICE = /; (?:set|not retried:|raise|check|the client's) [^;]*$/;

// Only the names of options change: the name of a header or of a field of the body is not ours.
function toSnakeCase(options) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [snakeCase(name), value]),
  );
}

// A word that may be the name of an option: inside of an object it is somebody else's, but for
// those of fallbacks and of the rows of a batch.
const WORDS =
  /(?<![\w.])\w+|(?<=\b(?:fallbacks|requests)\[\d+\]\.(?:request\.)?)\w+/g;

// A message about the fields of a script or a tape, which are in camel case here, too; what
// provider `script` itself says is the test's own words.
const OF_NESTED =
  /^(?:option (?:script|tape)\b|(?:fallbacks\[\d+\]\.)?script(?:[[.]|: "[^"]*" is unknown))/;
const NESTED_NAMES = new Set([
  ...Object.keys(SCRIPT_ANSWER_FIELDS),
  ...SCRIPT_ERROR_FIELDS,
  ...TAPE_FIELDS,
]);

// A message of the core, with the names of options as JavaScript has them.
function inCamelCase(message, options = {}) {
  if (OF_NESTED.test(message))
    return message.replace(/\w+/g, (name) =>
      NESTED_NAMES.has(name) ? camelCase(name) : name,
    );
  const names = new Set([
    ...[...SNAKE_NAMES.values(), ...TAPE_FIELDS],
    ...Object.keys(options),
  ]);
  return message?.replace(WORDS, (name) =>
    names.has(name) ? camelCase(name) : name,
  );
}

// The message of an error object of the core.
function errorMessage({ kind, phase, status, message }) {
  const isOwn = OWN_KINDS.has(kind) && !(status >= 400);
  if (isOwn || phase === "request") return inCamelCase(message);
  return message?.replace(ADVICE, (advice) => inCamelCase(advice));
}

function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

function camelKeys(data) {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [camelCase(name), value]),
  );
}

module.exports = {
  CLIENT_OPTIONS,
  SNAKE_NAMES,
  camelCase,
  camelKeys,
  errorMessage,
  inCamelCase,
  snakeCase,
  toSnakeCase,
};
