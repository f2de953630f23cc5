// The package as it is installed: without its sources, a compiler or other packages.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

import * as imported from "liter-llm";

import { Mock, PACKAGE, ROOT, test } from "./support.mjs";

const MACHINE = `${process.platform}-${process.arch}`;
const ARCHIVE =
  process.env.LITER_LLM_ARCHIVE ?? path.join(ROOT, "build/lib/libliter_llm.a");
const SKIP_ABI =
  process.platform !== "linux"
    ? "the linker's --wrap is that of Linux"
    : !existsSync(ARCHIVE) && `${ARCHIVE} is not there`;

const mock = await Mock.start();
const require = createRequire(import.meta.url);

test("require_and_import_are_one", () => {
  const required = require("liter-llm");

  for (const name of Object.keys(required))
    assert.equal(imported[name], required[name]);
  assert.equal(imported.version, require("liter-llm/package.json").version);
});

test("numbers_are_those_of_the_header", () => {
  const header = readFileSync(path.join(ROOT, "include/liter_llm.h"), "utf8");
  const { EventKind } = require("../lib/schema.cjs");

  const defined = header.matchAll(/^#define LLM_EVENT_(\w+) (\d+)$/gm);

  assert.deepEqual(
    Object.fromEntries([...defined].map(([, name, n]) => [name, Number(n)])),
    EventKind,
  );
});

// The addon with a core of another version than the header: the linker replaces the function.
function buildWithVersion(folder, version) {
  const modules = path.join(folder, "prebuilds", MACHINE);
  mkdirSync(modules, { recursive: true });
  cpSync(path.join(PACKAGE, "lib"), path.join(folder, "lib"), {
    recursive: true,
  });
  cpSync(path.join(PACKAGE, "index.cjs"), path.join(folder, "index.cjs"));
  const source = path.join(folder, "version.c");
  writeFileSync(
    source,
    `#include <liter_llm.h>\nuint32_t __wrap_llm_abi_version(void) { return ${version}; }\n`,
  );
  const { include_dir: nodeHeaders } = require("node-api-headers");
  const sources = ["addon", "client", "events"].map((name) =>
    path.join(PACKAGE, `native/${name}.c`),
  );
  execFileSync("cc", [
    ...["-shared", "-fPIC", "-O1", "-DNAPI_VERSION=8"],
    ...["-I", path.join(ROOT, "include"), "-isystem", nodeHeaders],
    ...[...sources, source, ARCHIVE],
    ...["-Wl,--wrap=llm_abi_version,--exclude-libs,ALL,--gc-sections"],
    ...["-ldl", "-lm", "-lpthread", "-lrt", "-lutil"],
    ...["-o", path.join(modules, "liter_llm.node")],
  ]);
}

// A core that is older than the addon is refused, with both versions; a newer one works.
test("abi_is_checked", { skip: SKIP_ABI }, async () => {
  const header = readFileSync(path.join(ROOT, "include/liter_llm.h"), "utf8");
  const needed = Number(header.match(/^#define LLM_ABI_VERSION (\d+)$/m)[1]);
  const key = await mock.plan([{ answer: { text: "Hello world" } }]);
  const code = `
    const { LiterLlm } = require("./index.cjs");
    const llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl: process.argv[1] });
    const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };
    llm.invoke(request).then((response) => console.log(response.text));
  `;
  for (const [version, printed] of [
    [needed + 1, /^Hello world\n$/],
    [needed - 1, new RegExp(`ABI version ${needed - 1}, .* for ${needed};`)],
  ]) {
    const folder = mkdtempSync(path.join(tmpdir(), "liter-llm-"));
    try {
      buildWithVersion(folder, version);
      const words = ["-e", code, mock.baseUrl(key)];
      const ended = spawnSync(process.execPath, words, {
        cwd: folder,
        encoding: "utf8",
      });
      assert.match(ended.stdout + ended.stderr, printed);
      assert.equal(ended.status, version < needed ? 1 : 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});

// Compiles a user of the package that is installed in the folder.
function checkTypes(folder) {
  const user = `
    import { LiterLlm, type Options, type Usage } from "liter-llm";
    const options: Options = { idleTimeoutMs: 1, logLevel: "debug" };
    const request = { model: "m", messages: [] };
    const { usage } = await new LiterLlm(options).invoke(request);
    export const counted: Usage | null = usage;
    // @ts-expect-error: what is declared is known
    usage?.noSuchCount;`;
  writeFileSync(path.join(folder, "user.mts"), user);
  const tsc = require.resolve("typescript/bin/tsc");
  const flags = ["--strict", "--noEmit", "--module", "node16"];
  const words = [...flags, "--target", "es2022", "user.mts"];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [0, ""]);
}

test("packed_package_works_elsewhere", async () => {
  const key = await mock.plan([{ answer: { text: "Hello world" } }]);
  const folder = mkdtempSync(path.join(tmpdir(), "liter-llm-"));
  const npm = (words, cwd) =>
    execFileSync("npm", words, { cwd, encoding: "utf8" });
  try {
    const packed = npm(
      ["pack", "--silent", "--pack-destination", folder],
      PACKAGE,
    ).trim();
    writeFileSync(path.join(folder, "package.json"), "{}");
    npm(
      ["install", "--offline", "--no-audit", "--no-fund", `./${packed}`],
      folder,
    );
    const code = `
      const { LiterLlm } = require("liter-llm");
      const llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl: process.argv[1] });
      const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };
      llm.invoke(request).then((response) => console.log(response.text));
    `;
    const environment = {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: "/nowhere" },
    };

    const words = ["-e", code, mock.baseUrl(key)];
    assert.equal(
      execFileSync(process.execPath, words, environment),
      "Hello world\n",
    );
    checkTypes(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
