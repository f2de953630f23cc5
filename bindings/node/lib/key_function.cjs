// Keys from functions: which function gives the key of a call, and what it may return. What it
// returns is a secret: nothing here shows it.
"use strict";

const { configError } = require("./error.cjs");

const NAMES = {
  awsAccessKeyId: "aws_access_key_id",
  awsSecretAccessKey: "aws_secret_access_key",
  awsSessionToken: "aws_session_token",
};
const EXPECTED =
  "expected a string, or an object with awsAccessKeyId, awsSecretAccessKey and perhaps " +
  "awsSessionToken";
// The answer to a request that asks in JSON of its own.
const NOBODY = JSON.stringify({
  error: "apiKey asks for a key, and is no function",
});

// The function of the call, else that of the client; null where the key is text.
function findKeyFunction(ofCall, ofClient) {
  const key = ofCall.api_key ?? ofClient.api_key;
  return typeof key === "function" ? key : null;
}

// The same fields for the core, which asks where there is a function.
function withoutFunction(fields) {
  return typeof fields.api_key === "function"
    ? { ...fields, api_key: { ask: true } }
    : fields;
}

// What a function returned, as the core takes it.
function toAnswer(value) {
  if (typeof value === "string") return JSON.stringify({ api_key: value });
  if (typeof value !== "object" || value === null)
    throw configError(
      `apiKey: the function returned a value of type ${typeof value}; ${EXPECTED}`,
    );
  const fields = {};
  for (const [name, part] of Object.entries(value)) {
    if (part == null) continue;
    if (!(name in NAMES) || typeof part !== "string")
      throw configError(`apiKey: the function returned an object; ${EXPECTED}`);
    fields[NAMES[name]] = part;
  }
  return JSON.stringify(fields);
}

// The answer when there is no key; the core takes its secrets out of the text.
function refusal(cause) {
  return JSON.stringify({ error: `apiKey: ${cause?.message ?? cause}` });
}

module.exports = {
  NOBODY,
  findKeyFunction,
  refusal,
  toAnswer,
  withoutFunction,
};
