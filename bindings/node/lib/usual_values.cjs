// Values that almost everybody passes, by their type. Pure.
"use strict";

const isCount = (value) => Number.isSafeInteger(value) && value > 0;
const isCountOrZero = (value) => value === 0 || isCount(value);
const isText = (value) => typeof value === "string" && /^[ -~]+$/.test(value);
const isWord = (value) => typeof value === "string" && /^[!-~]+$/.test(value);

const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Headers that are neither HTTP's own nor those of the library.
const HEADER_NAME =
  /^(?:x-[\w-]+|authorization|user-agent|http-referer|traceparent|(?:openai|anthropic)-[\w-]+)$/i;

const isHeaders = (value) =>
  isObject(value) &&
  Object.entries(value).every(
    ([name, text]) => HEADER_NAME.test(name) && isText(text),
  );

module.exports = {
  isCount,
  isCountOrZero,
  isHeaders,
  isObject,
  isText,
  isWord,
};
