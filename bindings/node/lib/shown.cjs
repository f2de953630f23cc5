// How objects are shown by console.log() and util.inspect(): what is known of them and no more.
"use strict";

// Of node:util, without which this works in other runtimes, too.
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

// A value of a class with the given fields, of which empty ones are left out.
function inspectAs(name, fields, depth, options, inspect) {
  if (depth < 0 || inspect === undefined) return `[${name}]`;
  const known = Object.entries(fields).filter(([, value]) => !isEmpty(value));
  return `${name} ${inspect(Object.fromEntries(known), options)}`;
}

function isEmpty(value) {
  if (value == null || value === "" || value === 0 || value === false)
    return true;
  return (
    typeof value === "object" &&
    [Object.prototype, Array.prototype].includes(
      Object.getPrototypeOf(value),
    ) &&
    Object.keys(value).length === 0
  );
}

// A base URL without what may be a secret in it.
function withoutSecrets(url) {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname === "/" ? "" : pathname}`;
  } catch {
    return "(no URL)";
  }
}

module.exports = { INSPECT, inspectAs, withoutSecrets };
