// Which options of a client may be wrong. A program is told in the constructor, by the core, whose
// checks and words these are; but a client of the core has threads, so the core is asked only about
// options that do not look as those of almost everybody.
"use strict";

const { CLIENT_OPTION_TYPES, LOG_LEVELS, PROVIDERS } = require("./schema.cjs");
const {
  isCount,
  isCountOrZero,
  isHeaders,
  isText,
  isWord,
} = require("./usual_values.cjs");
const { isUsualScript, isUsualTape } = require("./usual_script_and_tape.cjs");

const isName = (value) =>
  typeof value === "string" && /^[a-z0-9-]+$/.test(value);

// Addresses that no rule of the core is about: without a user or a query, and on https or on this
// machine. Whether a key may go to another one is the core's question.
const USUAL_URL =
  /^(?:https:\/\/[\w.-]+|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d+)?(?:\/[\w.~%/-]*)?$/;
const isUrl = (value) => typeof value === "string" && USUAL_URL.test(value);

const USUAL_BY_TYPE = {
  boolean: (value) => typeof value === "boolean",
  bytes: isCount,
  headers: isHeaders,
  integer: isCount,
  key: (value) => typeof value === "function" || isWord(value),
  "log level": (value) => LOG_LEVELS.includes(value),
  milliseconds: isCountOrZero,
};
// A text has rules of its own, and so has a size that is bounded.
const USUAL_BY_NAME = {
  base_url: isUrl,
  header_bytes_max: () => false,
  retries_max: isCountOrZero,
  retry_budget: isCountOrZero,
  provider: (value) => PROVIDERS.includes(value),
  // Whether there are such files is found when they are read.
  ca_file: isText,
  client_certificate_file: isText,
  client_key_file: isText,
  script: isUsualScript,
  tape: isUsualTape,
  // What is for a cloud is completed from the environment, at a request.
  aws_region: isName,
  aws_signing_url: isUrl,
  vertex_location: isName,
  vertex_quota_project: isName,
};

// `fields` are in snake case.
function hasUnusualOption(fields) {
  return Object.entries(fields).some(([name, value]) => {
    if (value === undefined) return false;
    const type = Object.hasOwn(CLIENT_OPTION_TYPES, name)
      ? CLIENT_OPTION_TYPES[name]
      : undefined;
    const ofCloud = /^(?:aws|vertex)_/.test(name) ? isText : undefined;
    const isUsual = USUAL_BY_NAME[name] ?? ofCloud ?? USUAL_BY_TYPE[type];
    return !isUsual?.(value);
  });
}

module.exports = { hasUnusualOption };
