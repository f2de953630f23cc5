// The option `logger`: a function, or an object with a function for each level, such as the console
// or a logger of pino or winston.
"use strict";

const { describe } = require("./describe.cjs");
const { configError } = require("./error.cjs");

const LEVELS = ["debug", "info", "warn", "error"];

function checkLogger(logger) {
  if (typeof logger === "function") return;
  const expected = "expected a function or an object with";
  if (typeof logger !== "object" || logger === null)
    throw configError(
      `logger: ${expected} ${LEVELS.join(", ")}, got ${describe(logger)}`,
    );
  const missing = LEVELS.filter((level) => typeof logger[level] !== "function");
  if (missing.length > 0)
    throw configError(`logger: it has no function ${missing.join(", ")}`);
}

// Gives a line of the core's log, with names in camel case, to the logger. What that throws would
// end the delivery of every stream, and what an async one rejects with would end the process: it is
// a warning of the process.
function writeLog(logger, record) {
  try {
    const written =
      typeof logger === "function" ? logger(record) : callLevel(logger, record);
    if (typeof written?.then === "function") written.then(null, warn);
  } catch (error) {
    warn(error);
  }
}

const warn = (error) =>
  process.emitWarning(`liter-llm: the logger failed: ${error?.message}`);

function callLevel(logger, { level, message, ...fields }) {
  const name = LEVELS.includes(level) ? level : "debug";
  // pino and bunyan take the fields first, and ignore those behind the message.
  const takesFieldsFirst = ["bindings", "addSerializers"].some(
    (name) => typeof logger[name] === "function",
  );
  return takesFieldsFirst
    ? logger[name](fields, message)
    : logger[name](message, fields);
}

module.exports = { checkLogger, writeLog };
