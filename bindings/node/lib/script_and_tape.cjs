// The options `script` and `tape`, which have fields of their own: in camel case here, in snake
// case for the core, which checks them. A name that is none stays as it was written. Pure.
"use strict";

const { fileURLToPath } = require("node:url");

const { snakeCase } = require("./option_names.cjs");
const {
  SCRIPT_ANSWER_FIELDS,
  SCRIPT_ERROR_FIELDS,
  TAPE_FIELDS,
  USAGE_FIELDS,
} = require("./schema.cjs");
const { isObject } = require("./usual_values.cjs");

const ANSWER_FIELDS = Object.keys(SCRIPT_ANSWER_FIELDS);

// `options` are in snake case.
function withScriptAndTape(options) {
  const { script, tape } = options;
  if (script === undefined && tape === undefined) return options;
  const converted = { ...options };
  if (script !== undefined) converted.script = scriptToCore(script);
  if (tape !== undefined) converted.tape = tapeToCore(tape);
  return converted;
}

function scriptToCore(script) {
  return Array.isArray(script)
    ? script.map(answerToCore)
    : answerToCore(script);
}

function answerToCore(answer) {
  if (!isObject(answer)) return answer;
  const fields = renamed(answer, ANSWER_FIELDS);
  if (isObject(fields.error))
    fields.error = renamed(fields.error, SCRIPT_ERROR_FIELDS);
  if (isObject(fields.usage))
    fields.usage = renamed(fields.usage, USAGE_FIELDS);
  return fields;
}

function tapeToCore(tape) {
  if (!isObject(tape)) return tape;
  if (isUrl(tape)) return fileOf(tape);
  const fields = renamed(tape, TAPE_FIELDS);
  return "file" in fields ? { ...fields, file: fileOf(fields.file) } : fields;
}

// A name of a file, or a URL such as new URL("tape.jsonl", import.meta.url), perhaps of another
// realm.
const fileOf = (file) => (isUrl(file) ? fileURLToPath(file.href) : file);

const isUrl = (value) =>
  isObject(value) &&
  typeof value.href === "string" &&
  typeof value.protocol === "string";

function renamed(fields, known) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const snake = snakeCase(name);
      return [known.includes(snake) ? snake : name, value];
    }),
  );
}

module.exports = { fileOf, scriptToCore, withScriptAndTape };
