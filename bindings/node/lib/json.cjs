// Requests and options as JSON for the core. A value that JSON.stringify would silently drop or
// change, such as a function or NaN, is refused, with the path where it stands.
"use strict";

const { types } = require("node:util");

// Describes what cannot be written as JSON.
class UnsupportedValue extends Error {}

// `refuse` makes the error from a message and perhaps a cause; `what` names a value without a path.
function toJson(fields, what, refuse) {
  try {
    return JSON.stringify(fields, refuseUnsupported);
  } catch (error) {
    throw explain({ fields, what, refuse, error });
  }
}

// A replacer that changes nothing. It is called for every value of every request, and so leaves it
// to explain() to say where a value stands and what is wrong with it.
function refuseUnsupported(name, value) {
  if (typeof value === "string" || isPlain(value)) return value;
  const reason = whyUnsupported(value, this);
  if (reason !== null) throw new UnsupportedValue(reason);
  return value;
}

function explain({ fields, what, refuse, error }) {
  try {
    JSON.stringify(fields, checkValues(what));
  } catch (found) {
    if (found instanceof UnsupportedValue) return refuse(found.message);
  }
  // A toJSON or a getter of the caller's own, which fails or gives another value each time.
  const reason = error?.message ?? String(error);
  return refuse(`${what}: cannot be written as JSON: ${reason}`, error);
}

// The same with the path. JSON.stringify goes depth first, and `this` is the object that
// holds the value: so the objects from the root to that one are the path.
function checkValues(what) {
  const holders = [];
  const names = [];
  return function check(name, value) {
    while (holders.length > 0 && holders.at(-1) !== this) {
      holders.pop();
      names.pop();
    }
    const reason = holders.includes(value)
      ? "a circular reference cannot be sent"
      : whyUnsupported(value, this);
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

function whyUnsupported(value, holder) {
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
      if (value === null || isPlain(value)) return null;
      if (types.isPromise(value)) return "a Promise cannot be sent; await it";
      if (types.isMap(value)) return "a Map cannot be sent; pass an object";
      if (types.isSet(value)) return "a Set cannot be sent; pass an array";
  }
  return null;
}

// An object or a list of no other class.
function isPlain(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

// The path made of the names from the root, whose own is "": messages[0].content.
function pathOf([, ...names]) {
  return names
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join("")
    .replace(/^\./, "");
}

module.exports = { toJson };
