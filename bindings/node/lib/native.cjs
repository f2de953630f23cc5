// Loads the native addon of this machine, and has the columns of the table in which it describes
// the events of one poll. An addon that was built in the sources is in prebuilds/; a release has it
// in a package for each platform, of which npm installs the one that fits.
"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const machine = `${process.platform}-${process.arch}`;
const cannotLoad = `liter-llm: the native addon for ${machine} cannot be loaded`;
const PACKAGED = ["linux-x64", "linux-arm64"];

// A bundler follows a require() whose text is a literal, and lets the file be missing inside of
// `try`. So each platform that packages are made for is listed here; others build their own addon.
function loadBuilt() {
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
    if (cause.code === "MODULE_NOT_FOUND") return undefined;
    throw cause;
  }
}

function open(folder) {
  const addon = { exports: {} };
  const file = path.join(folder, "liter_llm.node");
  if (!existsSync(file)) return undefined;
  process.dlopen(addon, file);
  return addon.exports;
}

// Of the C libraries of Linux only one is there, and only its addon can be loaded; a package
// manager that does not know the field `libc` installs both.
function loadPackaged() {
  let refused;
  for (const libc of ["gnu", "musl"])
    try {
      switch (`${machine}-${libc}`) {
        case "linux-x64-gnu":
          return require("liter-llm-linux-x64-gnu");
        case "linux-x64-musl":
          return require("liter-llm-linux-x64-musl");
        case "linux-arm64-gnu":
          return require("liter-llm-linux-arm64-gnu");
        case "linux-arm64-musl":
          return require("liter-llm-linux-arm64-musl");
      }
    } catch (cause) {
      if (cause.code !== "MODULE_NOT_FOUND") refused ??= cause;
    }
  if (refused) throw refused;
  return undefined;
}

function load() {
  try {
    const addon = loadBuilt() ?? loadPackaged();
    if (addon) return addon;
  } catch (cause) {
    // An addon that was loaded and does not fit the core has thrown its own message.
    if (cause.code === undefined) throw cause;
    const [reason] = cause.message.split("\n");
    throw new Error(`${cannotLoad}: ${reason}`, { cause });
  }
  throw new Error(`${cannotLoad}${whatIsMissing()}`);
}

// Says what to type, where packages are installed and in the sources.
function whatIsMissing() {
  const build = "`npm run build` in the sources makes one";
  return PACKAGED.includes(machine)
    ? `: the package liter-llm-${machine}-${libc()} is missing; \`npm install ` +
        `--include=optional\` adds it, and ${build}`
    : `; ${build}`;
}

function libc() {
  const report = process.report?.getReport();
  return report && !report.header.glibcVersionRuntime ? "musl" : "gnu";
}

module.exports = {
  native: load(),
  // One event in the table: these columns, then the ends of its deltas where it has several.
  Column: { STREAM: 0, KIND: 1, ERROR: 2, BYTES: 3, DELTAS: 4, ENDS: 5 },
};
