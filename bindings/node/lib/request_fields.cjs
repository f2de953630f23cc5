// What may stand in a request: no options but extraBody, and no field in another spelling. What the
// library does not know reaches the provider.
"use strict";

const { isSignal } = require("./abort_signals.cjs");
const { checkIsObject } = require("./describe.cjs");
const { invalidRequest } = require("./error.cjs");
const { SNAKE_NAMES, camelCase, snakeCase } = require("./option_names.cjs");
const { callOptionsOf } = require("./options.cjs");
const { CALL_OPTIONS, OPERATION_FIELDS } = require("./schema.cjs");

// The name of the function of an operation.
const functionOf = (operation) =>
  operation === "chat" ? "invoke" : camelCase(operation);

// An option in camel case that stands in the request would be sent to the provider: a key, too.
function checkRequestFields(request, operation) {
  if (Object.keys(request).some(mayBeOption)) refuseOptions(request, operation);
  checkOperation(request.operation, operation);
  if (operation !== "chat") checkSpelling(request, OPERATION_FIELDS[operation]);
}

const mayBeOption = (name) => SNAKE_NAMES.has(name) || name === "signal";

const isOption = (name, value) =>
  value !== undefined &&
  name !== "extraBody" &&
  (SNAKE_NAMES.has(name) || (name === "signal" && isSignal(value)));

function refuseOptions(request, operation) {
  for (const name of Object.keys(request))
    if (isOption(name, request[name]))
      throw invalidRequest(whyNoField(name, operation));
}

function whyNoField(name, operation) {
  const isOfCall = callOptionsOf(operation).includes(
    SNAKE_NAMES.get(name) ?? name,
  );
  const call = `${functionOf(operation)}(request, { ${name} })`;
  return isOfCall
    ? `"${name}" is an option, not a field of a request; use ${call}`
    : `"${name}" is an option of the client, not of a call`;
}

// A copy of the fields of a request as the core has them: `extraBody` is the same as `extra_body`.
function requestFields(request) {
  if (!("extraBody" in request)) return { ...request };
  const { extraBody, ...fields } = request;
  if (extraBody === undefined) return fields;
  if (fields.extra_body !== undefined)
    throw invalidRequest(
      '"extraBody" and "extra_body" are one field; set one of them',
    );
  return { ...fields, extra_body: extraBody };
}

// A row of a batch has no options, also none that would go to the provider: a key, too. The core
// refuses those in snake case. Returns the row as the core takes it.
function readBatchRow(row, index) {
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
  return { ...row, request: requestFields(request) };
}

// Each operation has a function of its own, because each returns something else. What is no
// operation is refused by the core.
function checkOperation(named, operation) {
  if (named === undefined || named === operation) return;
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

module.exports = { checkRequestFields, readBatchRow, requestFields };
