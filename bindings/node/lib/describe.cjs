// Values in the core's words, for messages; and the check that something is an object.
"use strict";

// A text is quoted only where it is short and cannot be a sentence.
function describe(value) {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string")
    return /^[\w.+-]{0,16}$/.test(value) ? `"${value}"` : "text";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const name = value.constructor?.name;
  return !name || name === "Object" ? "an object" : `an instance of ${name}`;
}

// `refuse` makes the error from its message.
function checkIsObject(value, expected, refuse) {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return;
  throw refuse(`${expected}, not ${describe(value)}`);
}

module.exports = { checkIsObject, describe };
