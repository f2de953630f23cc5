// Loads the native addon of this machine from prebuilds/, and has the columns of the table in which
// it describes the events of one poll.
"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const machine = `${process.platform}-${process.arch}`;

// A bundler follows a require() whose text is a literal, and lets the file be missing inside of
// `try`. So each platform that packages are made for is listed here; others build their own addon.
function load() {
  try {
    switch (machine) {
      case "linux-x64":
        return require("../prebuilds/linux-x64/liter_llm.node");
      case "linux-arm64":
        return require("../prebuilds/linux-arm64/liter_llm.node");
      case "darwin-x64":
        return require("../prebuilds/darwin-x64/liter_llm.node");
      case "darwin-arm64":
        return require("../prebuilds/darwin-arm64/liter_llm.node");
      default:
        return open(path.join(__dirname, "../prebuilds", machine));
    }
  } catch (cause) {
    // An addon that was loaded and does not fit the core has thrown its own message.
    if (cause.code === undefined) throw cause;
    throw new Error(loadError(cause), { cause });
  }
}

function open(folder) {
  const addon = { exports: {} };
  const file = path.join(folder, "liter_llm.node");
  if (!existsSync(file)) {
    throw Object.assign(new Error(`no ${file}`), { code: "MODULE_NOT_FOUND" });
  }
  process.dlopen(addon, file);
  return addon.exports;
}

// `npm run build` is suggested where the addon is missing, and nowhere else.
function loadError(cause) {
  const what = `liter-llm: the native addon for ${machine} cannot be loaded`;
  const [reason] = cause.message.split("\n");
  return cause.code === "MODULE_NOT_FOUND"
    ? `${what}; \`npm run build\` in the sources makes one`
    : `${what}: ${reason}`;
}

module.exports = {
  native: load(),
  // One event in the table: these columns, then the ends of its deltas where it has several.
  Column: { STREAM: 0, KIND: 1, ERROR: 2, BYTES: 3, DELTAS: 4, ENDS: 5 },
};
