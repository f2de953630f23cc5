// The native addon for this machine, from prebuilds/; and the numbers of liter_llm.h.
"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const machine = `${process.platform}-${process.arch}`;

// A bundler follows a require() whose text says all, and lets one be missing inside of `try`. So
// each machine that packages are made for stands here; another one has built its own.
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
    // One that can be loaded and does not fit says so itself.
    if (cause.code === undefined) throw cause;
    throw new Error(whyNot(cause), { cause });
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

// `npm run build` helps where there is no addon, and nowhere else.
function whyNot(cause) {
  const what = `liter-llm: the native addon for ${machine} cannot be loaded`;
  const [reason] = cause.message.split("\n");
  return cause.code === "MODULE_NOT_FOUND"
    ? `${what}; \`npm run build\` in the sources makes one`
    : `${what}: ${reason}`;
}

module.exports = {
  native: load(),
  Kind: {
    START: 1,
    TEXT: 2,
    REASONING: 3,
    TOOL_DELTA: 4,
    TOOL_CALL: 5,
    PART: 6,
    END: 7,
    LOG: 8,
  },
};
