// Scripts and tapes that are right for sure, so that the core need not be asked about them: it
// would be with a client of its own. What is rare, such as vectors, does not count among them. Pure.
"use strict";

const {
  SCRIPT_ANSWER_FIELDS,
  SCRIPT_CONDITION_FIELDS,
  TAPE_MODES,
  TAPE_PACES,
} = require("./schema.cjs");
const { SCRIPT_KINDS } = require("./script_kinds.cjs");
const {
  isCount,
  isCountOrZero,
  isHeaders,
  isObject,
  isText,
} = require("./usual_values.cjs");

const isString = (value) => typeof value === "string";
const isStatus = (value) => isCount(value) && value >= 400 && value < 600;
const isPieces = (value) =>
  isString(value) || (Array.isArray(value) && value.every(isString));

const ANSWER_BY_TYPE = {
  boolean: (value) => typeof value === "boolean",
  headers: isHeaders,
  milliseconds: isCountOrZero,
  object: isObject,
  text: isText,
};
const ERROR_CHECKS = {
  kind: (value) => SCRIPT_KINDS.has(value),
  status: isStatus,
  message: isString,
  code: isString,
  retry_after_ms: isCountOrZero,
};
const ANSWER_BY_NAME = {
  text: isPieces,
  reasoning: isPieces,
  tool_calls: (value) =>
    isListOf(value, (call) => isString(call.name) && call.name !== ""),
  parts: (value) => isListOf(value, (part) => isString(part.type)),
  error: (value) =>
    SCRIPT_KINDS.has(value) || isStatus(value) || hasOnly(value, ERROR_CHECKS),
  when: (value) => hasOnly(value, CONDITION_CHECKS),
};
const CONDITION_CHECKS = Object.fromEntries(
  SCRIPT_CONDITION_FIELDS.map((name) => [name, isText]),
);
const ANSWER_CHECKS = Object.fromEntries(
  Object.entries(SCRIPT_ANSWER_FIELDS).map(([name, type]) => [
    name,
    ANSWER_BY_NAME[name] ?? ANSWER_BY_TYPE[type],
  ]),
);
const TAPE_CHECKS = {
  file: isText,
  mode: (value) => TAPE_MODES.includes(value),
  pace: (value) => TAPE_PACES.includes(value),
  file_bytes_max: isCount,
};

const isListOf = (value, check) =>
  Array.isArray(value) && value.every((item) => isObject(item) && check(item));

// Whether all fields of an object are known, and their values usual.
function hasOnly(value, checks) {
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([name, field]) =>
        field === undefined ||
        (Object.hasOwn(checks, name) && checks[name]?.(field) === true),
    )
  );
}

const isUsualAnswer = (value) =>
  isString(value) ||
  (hasOnly(value, ANSWER_CHECKS) && !(value.cut && value.hang));

const isUsualScript = (value) =>
  Array.isArray(value) ? value.every(isUsualAnswer) : isUsualAnswer(value);

const isUsualTape = (value) =>
  isText(value) || (isText(value?.file) && hasOnly(value, TAPE_CHECKS));

module.exports = { isUsualScript, isUsualTape };
