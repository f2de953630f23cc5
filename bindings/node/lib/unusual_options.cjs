// Which options of a client may be wrong. A program is told in the constructor, by the core, whose
// checks and words these are; but a client of the core has threads, so the core is asked only about
// options that do not look as those of almost everybody.
"use strict";

const { CLIENT_OPTION_TYPES, LOG_LEVELS, PROVIDERS } = require("./schema.cjs");

const isCount = (value) => Number.isSafeInteger(value) && value > 0;
const isWord = (value) => typeof value === "string" && /^[!-~]+$/.test(value);

const USUAL_BY_TYPE = {
  boolean: (value) => typeof value === "boolean",
  bytes: isCount,
  headers: (value) =>
    typeof value === "object" &&
    Object.entries(value).every(
      ([name, text]) => /^[\w-]+$/.test(name) && isText(text),
    ),
  integer: isCount,
  key: (value) => typeof value === "function" || isWord(value),
  "log level": (value) => LOG_LEVELS.includes(value),
  milliseconds: isCountOrZero,
};
// A text has rules of its own, and so has a size that is bounded.
const USUAL_BY_NAME = {
  base_url: (value) => isWord(value) && /^https?:\/\/[\w.-]/.test(value),
  header_bytes_max: () => false,
  retries_max: isCountOrZero,
  retry_budget: isCountOrZero,
  provider: (value) => PROVIDERS.includes(value),
  // Whether there are such files is found when they are read.
  ca_file: isText,
  client_certificate_file: isText,
  client_key_file: isText,
};

function isCountOrZero(value) {
  return value === 0 || isCount(value);
}

function isText(value) {
  return typeof value === "string" && /^[ -~]+$/.test(value);
}

// `fields` are in snake case.
function hasUnusualOption(fields) {
  return Object.entries(fields).some(([name, value]) => {
    if (value === undefined) return false;
    const type = Object.hasOwn(CLIENT_OPTION_TYPES, name)
      ? CLIENT_OPTION_TYPES[name]
      : undefined;
    // What is for a cloud is checked with the environment, at a request.
    const isUsual = /^(?:aws|vertex)_/.test(name)
      ? isText
      : (USUAL_BY_NAME[name] ?? USUAL_BY_TYPE[type]);
    return !isUsual?.(value);
  });
}

module.exports = { hasUnusualOption };
