// Loads the native addon of this machine, and has the columns of the table in which it describes
// the events of one poll. An addon that was built in the sources is in prebuilds/; a release has it
// in a package for each platform, of which npm installs the one that fits.
"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const machine = `${process.platform}-${process.arch}`;
const cannotLoad = `liter-llm: the native addon for ${machine} cannot be loaded`;
const PACKAGED = ["linux-x64", "linux-arm64"];

// In the sources, then of the C libraries of Linux: only one of those is there, and only its addon
// can be loaded; a package manager that does not know the field `libc` installs both.
const PLACES = ["built", "gnu", "musl"];

// A bundler follows a require() whose text is a literal, and lets the file be missing inside of
// `try`. So each platform that packages are made for is listed here; others build their own addon.
function find(place, failures) {
  try {
    switch (`${machine}-${place}`) {
      case "linux-x64-built":
        return require("../prebuilds/linux-x64/liter_llm.node");
      case "linux-arm64-built":
        return require("../prebuilds/linux-arm64/liter_llm.node");
      case "darwin-x64-built":
        return require("../prebuilds/darwin-x64/liter_llm.node");
      case "darwin-arm64-built":
        return require("../prebuilds/darwin-arm64/liter_llm.node");
      case "linux-x64-gnu":
        return require("liter-llm-linux-x64-gnu");
      case "linux-x64-musl":
        return require("liter-llm-linux-x64-musl");
      case "linux-arm64-gnu":
        return require("liter-llm-linux-arm64-gnu");
      case "linux-arm64-musl":
        return require("liter-llm-linux-arm64-musl");
      default:
        return place === "built" ? open() : undefined;
    }
  } catch (cause) {
    failures.push(cause);
    return undefined;
  }
}

function open() {
  const addon = { exports: {} };
  const file = path.join(__dirname, "../prebuilds", machine, "liter_llm.node");
  if (!existsSync(file)) return undefined;
  process.dlopen(addon, file);
  return addon.exports;
}

// What a bundler leaves of a file that is missing fails in many ways, or is an empty module: each
// place is tried.
function load() {
  const failures = [];
  for (const place of PLACES) {
    const addon = find(place, failures);
    if (typeof addon?.create === "function") return addon;
  }
  const cause = failures.find(({ code }) => code !== "MODULE_NOT_FOUND");
  if (!cause) throw new Error(`${cannotLoad}${whatIsMissing()}`);
  // An addon that was loaded and does not fit the core has thrown its own message.
  if (cause.message.startsWith("liter-llm: ")) throw cause;
  const [reason] = cause.message.split("\n");
  throw new Error(`${cannotLoad}: ${reason}`, { cause });
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
  // One event in the table, which has so many columns.
  Column: { STREAM: 0, KIND: 1, ERROR: 2, BYTES: 3, DELTAS: 4, COUNT: 5 },
  // What stands between the deltas of a run that has several. No delta of these holds it.
  BETWEEN_DELTAS: "\0",
};
