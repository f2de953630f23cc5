// OutputError: a response that is complete and is not what `output` asked for.
"use strict";

const { LlmError } = require("../error.cjs");

class OutputError extends LlmError {
  issues;

  // `mayHelp` says whether asking again can help.
  constructor(message, response, { issues = [], mayHelp }) {
    const { provider, attempts, tried, requestId } = response;
    const details = { kind: "PROTOCOL", message, provider, attempts, tried };
    super({ ...details, retryable: mayHelp, request_id: requestId }, response);
    this.issues = issues;
    // Not enumerable, so that a logged error does not print what the model wrote.
    Object.defineProperty(this, "text", { value: response.text });
    Object.defineProperty(this, "response", { value: response });
  }
}
Object.defineProperty(OutputError.prototype, "name", {
  value: "OutputError",
  configurable: true,
});

module.exports = { OutputError };
