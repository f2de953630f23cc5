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

import { PACKAGE, ROOT, test } from "./support.mjs";

const MACHINE = `${process.platform}-${process.arch}`;
const ADDON = path.join(PACKAGE, "prebuilds", MACHINE, "liter_llm.node");

test("every_machine_has_a_require_of_its_own", () => {
  const source = readFileSync(path.join(PACKAGE, "lib/native.cjs"), "utf8");
  const cases = [
    ...source.matchAll(
      /case "([\w-]+)-built":\s+return require\("(\.[^"]+)"\);/g,
    ),
  ];
  const machines = cases.map(([, machine]) => machine);

  assert.deepEqual(machines.sort(), [
    ...["darwin-arm64", "darwin-x64"],
    ...["linux-arm64", "linux-x64"],
  ]);
  for (const [, machine, file] of cases)
    assert.equal(file, `../prebuilds/${machine}/liter_llm.node`);
});

test("every_package_has_a_require_of_its_own", () => {
  const source = readFileSync(path.join(PACKAGE, "lib/native.cjs"), "utf8");
  const release = path.join(ROOT, "packaging/release.json");
  const names = JSON.parse(readFileSync(release)).npm_platform_packages;
  const cases = [
    ...source.matchAll(/case "([\w-]+)":\s+return require\("([^."]+)"\);/g),
  ];

  assert.deepEqual(
    cases.map(([, , name]) => name).sort(),
    Object.values(names).sort(),
  );
  for (const [, machine, name] of cases)
    assert.ok(name.endsWith(`-${machine}`), name);
});

// A bundler lets a file be missing where its require() is inside of `try`.
test("every_require_of_an_addon_may_fail", () => {
  const source = readFileSync(path.join(PACKAGE, "lib/native.cjs"), "utf8");
  const inside = [...source.matchAll(/try \{[^]*?\n +\} catch/g)].join("");

  const addon = /require\("(\.\.\/prebuilds|liter-llm-)/g;
  assert.equal(inside.match(addon).length, source.match(addon).length);
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
    prepare(path.join(place, "liter_llm.node"), folder);
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

const LIBC = process.report.getReport().header.glibcVersionRuntime
  ? "gnu"
  : "musl";
const MISSING =
  `: the package liter-llm-${MACHINE}-${LIBC} is missing; ` +
  "`npm install --include=optional` adds it, and";

test("an_addon_that_is_missing_can_be_installed_or_built", () => {
  for (const machine of HERE) {
    const output = load(machine, () => {});

    const message =
      `Error: liter-llm: the native addon for ${machine} cannot be loaded` +
      (machine === MACHINE ? MISSING : ";") +
      " `npm run build` in the sources makes one";
    assert.ok(output.split("\n").includes(message), output);
  }
});

// A package of the platform, as npm puts it beside this one; "gnu" and "musl" may both be there.
function addPackage(folder, libc, addon) {
  const name = `liter-llm-${MACHINE}-${libc}`;
  const place = path.join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  const packageJson = { name, version: "0.1.0", main: "liter_llm.node" };
  writeFileSync(path.join(place, "package.json"), JSON.stringify(packageJson));
  if (addon) cpSync(ADDON, path.join(place, "liter_llm.node"));
  else writeFileSync(path.join(place, "liter_llm.node"), "of another libc");
}

test("the_package_of_the_platform_is_loaded", () => {
  for (const libc of ["gnu", "musl"]) {
    const output = load(MACHINE, (_, folder) => {
      addPackage(folder, "gnu", libc === "gnu");
      addPackage(folder, "musl", libc === "musl");
    });

    assert.match(output, /^\d+\.\d+\.\d+ CONFIG\n$/);
  }
});

test("what_a_bundler_leaves_of_a_missing_file_is_passed_over", () => {
  for (const left of ["exports.default = null;", "nothing.is.here;"]) {
    const output = load(MACHINE, (file, folder) => {
      mkdirSync(file);
      writeFileSync(path.join(file, "index.js"), left);
      addPackage(folder, "gnu", true);
    });

    assert.match(output, /^\d+\.\d+\.\d+ CONFIG\n$/);
  }
});

test("a_package_that_cannot_be_loaded_says_why", () => {
  const output = load(MACHINE, (_, folder) => addPackage(folder, "gnu", false));

  const [line] = output.match(/^.*liter-llm: the native addon.*$/m);
  assert.match(line, /cannot be loaded: .*linux-\w+-gnu.*liter_llm\.node/);
});

test("an_addon_that_is_broken_says_why", () => {
  for (const machine of HERE) {
    const output = load(machine, (file) => writeFileSync(file, "no addon"));

    const [line] = output.match(/^.*liter-llm: the native addon.*$/m);
    assert.match(line, /cannot be loaded: .*liter_llm\.node/);
    assert.doesNotMatch(line, /npm run build/);
  }
});
