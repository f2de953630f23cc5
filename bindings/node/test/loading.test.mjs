// How the addon is found, by a text that bundlers can follow and on any machine, and the error when
// it cannot be loaded.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { PACKAGE, test } from "./support.mjs";

const MACHINE = `${process.platform}-${process.arch}`;
const ADDON = path.join(PACKAGE, "prebuilds", MACHINE, "liter_llm.node");

test("every_machine_has_a_require_of_its_own", () => {
  const source = readFileSync(path.join(PACKAGE, "lib/native.cjs"), "utf8");
  const cases = [
    ...source.matchAll(/case "([\w-]+)":\s+return require\("([^"]+)"\);/g),
  ];
  const machines = cases.map(([, machine]) => machine);

  assert.deepEqual(machines.sort(), [
    ...["darwin-arm64", "darwin-x64"],
    ...["linux-arm64", "linux-x64"],
  ]);
  for (const [, machine, file] of cases)
    assert.equal(file, `../prebuilds/${machine}/liter_llm.node`);
  // Each is inside of `try`, where a bundler lets the file be missing.
  const [body] = source.match(/ {2}try \{[^]*?\n {2}\} catch/);
  assert.equal(body.match(/require\(/g).length, cases.length);
});

// Loads a copy of the package, whose addon `prepare` places, as if on a machine of that name.
function load(machine, prepare) {
  const folder = mkdtempSync(path.join(tmpdir(), "liter-llm-"));
  const [platform, arch] = machine.split("-");
  try {
    for (const name of ["lib", "index.cjs"])
      cpSync(path.join(PACKAGE, name), path.join(folder, name), {
        recursive: true,
      });
    const place = path.join(folder, "prebuilds", machine);
    mkdirSync(place, { recursive: true });
    prepare(path.join(place, "liter_llm.node"));
    const code = `
      Object.defineProperty(process, "platform", { value: "${platform}" });
      Object.defineProperty(process, "arch", { value: "${arch}" });
      const { LiterLlm, version } = require("./index.cjs");
      try { new LiterLlm({ provider: "nobody" }); }
      catch (error) { console.log(version, error.code); }`;
    const ended = spawnSync(process.execPath, ["-e", code], {
      cwd: folder,
      encoding: "utf8",
    });
    return ended.stdout + ended.stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HERE = [MACHINE, "plan9-mips"];

test("machines_that_are_not_listed_load_their_own", () => {
  const { version } = JSON.parse(
    readFileSync(path.join(PACKAGE, "package.json"), "utf8"),
  );
  for (const machine of HERE) {
    const output = load(machine, (file) => cpSync(ADDON, file));

    assert.equal(output, `${version} CONFIG\n`);
  }
});

test("an_addon_that_is_missing_can_be_built", () => {
  for (const machine of HERE) {
    const output = load(machine, () => {});

    const message =
      `Error: liter-llm: the native addon for ${machine} cannot be loaded; ` +
      "`npm run build` in the sources makes one";
    assert.ok(output.split("\n").includes(message), output);
  }
});

test("an_addon_that_is_broken_says_why", () => {
  for (const machine of HERE) {
    const output = load(machine, (file) => writeFileSync(file, "no addon"));

    const [line] = output.match(/^.*liter-llm: the native addon.*$/m);
    assert.match(line, /cannot be loaded: .*liter_llm\.node/);
    assert.doesNotMatch(line, /npm run build/);
  }
});
