// The native addon for this machine, from prebuilds/; and the numbers of liter_llm.h.
"use strict";

const path = require("node:path");

const machine = `${process.platform}-${process.arch}`;

function load() {
  try {
    return require(
      path.join(__dirname, "../prebuilds", machine, "liter_llm.node"),
    );
  } catch (cause) {
    // One that can be loaded and does not fit says so itself.
    if (cause.code === undefined) throw cause;
    const what = `liter-llm: the native addon for ${machine} cannot be loaded`;
    throw new Error(`${what}; \`npm run build\` in the sources makes one`, {
      cause,
    });
  }
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
