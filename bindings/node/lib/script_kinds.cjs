// The kinds of error that a provider can cause, with the HTTP status that each has by default, as
// the core's scripts have them; null where no response comes.
"use strict";

const SCRIPT_KINDS = new Map([
  ["INVALID_REQUEST", 400],
  ["AUTHENTICATION", 401],
  ["PERMISSION", 403],
  ["NOT_FOUND", 404],
  ["RATE_LIMITED", 429],
  ["QUOTA_EXCEEDED", 429],
  ["OVERLOADED", 529],
  ["PROVIDER", 500],
  ["TOO_LARGE", 413],
  ["NETWORK", null],
  ["TLS", null],
  ["TIMEOUT", null],
  ["PROTOCOL", null],
  ["TRUNCATED", null],
]);

module.exports = { SCRIPT_KINDS };
