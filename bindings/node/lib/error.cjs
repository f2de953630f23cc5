// LlmError: the one class of errors, with every field of the core's error object and the partial
// response.
"use strict";

const { INSPECT, inspectAs } = require("./shown.cjs");

const FIELDS = {
  status: "status",
  code: "providerCode",
  provider: "provider",
  retryable: "retryable",
  retry_after_ms: "retryAfterMs",
  attempts: "attempts",
  phase: "phase",
  timer: "timer",
  request_id: "requestId",
  maybe_executed: "maybeExecuted",
  retry_budget_exhausted: "retryBudgetExhausted",
  tried: "tried",
  detail: "detail",
};

class LlmError extends Error {
  kind = "UNKNOWN";
  status = null;
  providerCode = null;
  provider = null;
  retryable = false;
  retryAfterMs = null;
  attempts = 0;
  phase = null;
  timer = null;
  requestId = null;
  maybeExecuted = false;
  retryBudgetExhausted = false;
  tried = [];
  detail = null;

  // `details` is the core's error object; fields that a later core adds are ignored.
  constructor(details, partial = null, cause = undefined) {
    super(
      details.message ?? "no message",
      cause === undefined ? undefined : { cause },
    );
    this.kind = details.kind ?? "UNKNOWN";
    for (const name in FIELDS) {
      if (details[name] != null) this[FIELDS[name]] = details[name];
    }
    // Not enumerable, so that a logged error does not print the whole response.
    Object.defineProperty(this, "partial", { value: partial });
  }

  get code() {
    return this.kind;
  }

  // All fields, and the message, which JSON.stringify() would leave out.
  toJSON() {
    return { name: this.name, message: this.message, ...this };
  }

  [INSPECT](depth, ...how) {
    if (depth < 0) return `[${this.name}: ${this.message}]`;
    return inspectAs(this.stack, { ...this, cause: this.cause }, depth, ...how);
  }
}
Object.defineProperty(LlmError.prototype, "name", {
  value: "LlmError",
  configurable: true,
});

const configError = (message, cause) =>
  new LlmError({ kind: "CONFIG", message }, null, cause);

const invalidRequest = (message, cause) =>
  new LlmError({ kind: "INVALID_REQUEST", message }, null, cause);

module.exports = { LlmError, configError, invalidRequest };
