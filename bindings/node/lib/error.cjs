// LlmError: what goes wrong, with all that the core knows and what was received before.
"use strict";

const DETAILS = {
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
  detail = null;

  // `details` is an `error` object of the boundary; fields that a later core adds are left alone.
  constructor(details, partial = null, cause = undefined) {
    super(
      details.message ?? "no message",
      cause === undefined ? undefined : { cause },
    );
    this.kind = details.kind ?? "UNKNOWN";
    for (const name in DETAILS) {
      if (details[name] != null) this[DETAILS[name]] = details[name];
    }
    // Not enumerable, so that a log of the error does not hold the whole answer.
    Object.defineProperty(this, "partial", { value: partial });
  }

  get code() {
    return this.kind;
  }
}
Object.defineProperty(LlmError.prototype, "name", {
  value: "LlmError",
  configurable: true,
});

// JSON for the boundary.
function encode(fields, what, kind) {
  try {
    return JSON.stringify(fields);
  } catch (cause) {
    throw new LlmError(
      { kind, message: `${what}: ${cause?.message}` },
      null,
      cause,
    );
  }
}

module.exports = { LlmError, encode };
