// taped(): a LiterLlm whose exchanges are on a file, which is recorded once and played from then on,
// also in continuous integration. Owns which of both a run does.
"use strict";

const { existsSync, mkdirSync } = require("node:fs");
const path = require("node:path");
const process = require("node:process");

const { LiterLlm } = require("../client.cjs");
const { describe } = require("../describe.cjs");
const { configError } = require("../error.cjs");
const { TAPE_MODES } = require("../schema.cjs");
const { fileOf } = require("../script_and_tape.cjs");

const VARIABLE = "LITER_LLM_TAPE";

// Files that this run has begun to record: they go on, though they exist by now.
const begun = new Set();

function taped(file, options = {}) {
  const name = fileOf(file);
  if (typeof name !== "string" || name === "")
    throw configError(
      `taped: file: expected a name or a URL, got ${describe(name)}`,
    );
  const { mode: given, pace, fileBytesMax, ...others } = options;
  const mode = modeOf(path.resolve(name), given);
  if (mode !== "replay") mkdirSync(path.dirname(name), { recursive: true });
  const tape = { file: name, mode, pace, fileBytesMax };
  return new LiterLlm({ ...others, tape });
}

// What the variable says, else the option, else what the file is there for.
function modeOf(file, given) {
  const asked = process.env[VARIABLE] || undefined;
  if (asked !== undefined && !TAPE_MODES.includes(asked))
    throw configError(
      `${VARIABLE}: expected ${TAPE_MODES.join(", ")}, got ${describe(asked)}`,
    );
  if (asked !== undefined || given !== undefined) return asked ?? given;
  if (begun.has(file)) return "auto";
  if (isContinuousIntegration() || existsSync(file)) return "replay";
  begun.add(file);
  return "auto";
}

// Every service for that sets CI.
const isContinuousIntegration = () =>
  !["", "0", "false", undefined].includes(process.env.CI);

module.exports = { taped };
