// OpenTelemetry: a span and metrics for each call, in the names of its GenAI conventions.
//
// Needs the package @opentelemetry/api; what happens to spans and metrics is up to the SDK that the
// program sets up. Without this module nothing of it is loaded.
"use strict";

const { LiterLlm } = require("./index.cjs");
const { checkIsObject, describe } = require("./lib/describe.cjs");
const { configError } = require("./lib/error.cjs");
const { OBSERVER } = require("./lib/observer.cjs");
const { Telemetry } = require("./integrations/otel/telemetry.cjs");

const OPTIONS = ["captureContent", "tracerProvider", "meterProvider"];

function instrument(llm, options = {}) {
  checkIsClient(llm);
  // Not enumerable.
  Object.defineProperty(llm, OBSERVER, {
    value: new Telemetry(checked(options)),
    configurable: true,
  });
  return llm;
}

function instrumentAll(options = {}) {
  LiterLlm.prototype[OBSERVER] = new Telemetry(checked(options));
}

function uninstrument(llm) {
  if (llm === undefined) {
    LiterLlm.prototype[OBSERVER] = null;
    return;
  }
  checkIsClient(llm);
  delete llm[OBSERVER];
}

// A LiterLlm of another copy of the package would make no spans, and nobody would know why.
function checkIsClient(llm) {
  if (llm instanceof LiterLlm) return;
  const expected = "expected a LiterLlm of this copy of the package";
  throw configError(`${expected}, got ${describe(llm)}`);
}

function checked(options) {
  const expected = "options must be an object such as { captureContent: true }";
  checkIsObject(options, expected, configError);
  const { captureContent, tracerProvider, meterProvider } = options;
  for (const name of Object.keys(options))
    if (!OPTIONS.includes(name))
      throw configError(
        `option "${name}" is unknown; there are ${OPTIONS.join(", ")}`,
      );
  if (captureContent !== undefined && typeof captureContent !== "boolean")
    throw configError(
      `captureContent: expected true or false, got ${describe(captureContent)}`,
    );
  for (const [name, provider, method] of [
    ["tracerProvider", tracerProvider, "getTracer"],
    ["meterProvider", meterProvider, "getMeter"],
  ])
    if (provider !== undefined && typeof provider?.[method] !== "function")
      throw configError(
        `${name}: expected an object with ${method}(), got ${describe(provider)}`,
      );
  return options;
}

module.exports = { instrument, instrumentAll, uninstrument };
