// Requests and options as JSON for the core. A value that JSON.stringify would silently drop or
// change, such as a function or NaN, is refused, with the path where it stands.
"use strict";

const { types } = require("node:util");

// Describes what cannot be written as JSON.
class UnsupportedValue extends Error {}

// `refuse` makes the error from a message and perhaps a cause; `what` names a value without a path.
function toJson(fields, what, refuse) {
  try {
    return JSON.stringify(fields, checkValues(what));
  } catch (error) {
    if (error instanceof UnsupportedValue) throw refuse(error.message);
    // A toJSON or a getter of the caller's own.
    const reason = error?.message ?? String(error);
    throw refuse(`${what}: cannot be written as JSON: ${reason}`, error);
  }
}

// A replacer that changes nothing. JSON.stringify goes depth first, and `this` is the object that
// holds the value: so the objects from the root to that one are the path.
function checkValues(what) {
  const holders = [];
  const names = [];
  return function check(name, value) {
    while (holders.length > 0 && holders.at(-1) !== this) {
      holders.pop();
      names.pop();
    }
    const reason = whyUnsupported(value, this, holders);
    if (reason !== null) {
      const path = pathOf([...names, name]) || what;
      throw new UnsupportedValue(`${path}: ${reason}`);
    }
    if (typeof value === "object" && value !== null) {
      holders.push(value);
      names.push(name);
    }
    return value;
  };
}

function whyUnsupported(value, holder, holders) {
  switch (typeof value) {
    case "bigint":
      return `expected a number, got the BigInt ${value}n`;
    case "number":
      return Number.isFinite(value)
        ? null
        : `expected a finite number, got ${value}`;
    case "function":
    case "symbol":
      return `a ${typeof value} cannot be sent`;
    case "undefined":
      // A field whose value is undefined is not set, and not sent.
      return Array.isArray(holder)
        ? "undefined cannot be sent in a list"
        : null;
    case "object":
      if (value === null) return null;
      if (holders.includes(value)) return "a circular reference cannot be sent";
      if (types.isPromise(value)) return "a Promise cannot be sent; await it";
      if (types.isMap(value)) return "a Map cannot be sent; pass an object";
      if (types.isSet(value)) return "a Set cannot be sent; pass an array";
  }
  return null;
}

// The path made of the names from the root, whose own is "": messages[0].content.
function pathOf([, ...names]) {
  return names
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join("")
    .replace(/^\./, "");
}

module.exports = { toJson };
