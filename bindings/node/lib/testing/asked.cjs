// Whether what was asked is what a test expects, and what is said where it is not. Pure.
"use strict";

const { AssertionError } = require("node:assert");
const { inspect, types } = require("node:util");

const { isObject } = require("../usual_values.cjs");

// How much of a value is shown.
const SHOWN_MAX = 200;

// `expected` is for one of the requests; a list is for all of them, in order.
function assertAsked(requests, expected) {
  if (Array.isArray(expected)) return assertAll(requests, expected);
  if (!isObject(expected))
    throw new TypeError(
      "assertAsked: expected must be an object with fields of a request, or a list of them",
    );
  const compared = requests.map((request) => differences(request, expected));
  const found = compared.findIndex((list) => list.length === 0);
  if (found >= 0) return requests[found];
  if (requests.length === 0)
    fail(`nothing was asked; expected ${shown(expected)}`, requests, expected);
  const least = Math.min(...compared.map((list) => list.length));
  const index = compared.findIndex((list) => list.length === least);
  const which =
    requests.length === 1
      ? "the request"
      : `none of the ${requests.length} requests is as expected; the nearest, request ${index + 1},`;
  const message = `${which} differs in ${toText(compared[index])}`;
  return fail(message, requests[index], expected);
}

function assertAll(requests, expected) {
  if (requests.length !== expected.length) {
    const count = `${requests.length} ${requests.length === 1 ? "request was" : "requests were"} made`;
    const last = requests.at(-1);
    const which = last === undefined ? "" : `; the last is ${shown(last)}`;
    fail(`${count}, expected ${expected.length}${which}`, requests, expected);
  }
  expected.forEach((one, index) => {
    const list = differences(requests[index], one);
    if (list.length > 0)
      fail(
        `request ${index + 1} of ${expected.length} differs in ${toText(list)}`,
        ...[requests, expected],
      );
  });
  return requests;
}

// Each place where a value is not what was expected. An object may have more fields; a list has the
// same length; a regular expression, a function and a matcher such as expect.any(String) decide
// themselves.
function differences(found, expected, path = "") {
  const here = [{ path, found, expected }];
  if (typeof expected?.asymmetricMatch === "function")
    return expected.asymmetricMatch(found) ? [] : here;
  if (types.isRegExp(expected)) {
    const fits = typeof found === "string" && found.search(expected) >= 0;
    return fits ? [] : here;
  }
  if (typeof expected === "function") return expected(found) ? [] : here;
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return here;
    return expected.flatMap((item, index) =>
      differences(found[index], item, `${path}[${index}]`),
    );
  }
  if (isObject(expected)) {
    if (!isObject(found)) return here;
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(found[name], value, path === "" ? name : `${path}.${name}`),
    );
  }
  return Object.is(found, expected) ? [] : here;
}

const toText = (list) =>
  list
    .map(
      ({ path, found, expected }) =>
        `${path || "it"}: asked ${shown(found)}, expected ${shown(expected)}`,
    )
    .join("; ");

function shown(value) {
  const text = inspect(value, { depth: 5, breakLength: Infinity });
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`;
}

function fail(message, actual, expected) {
  const operator = "assertAsked";
  throw new AssertionError({ message, actual, expected, operator });
}

module.exports = { assertAsked };
