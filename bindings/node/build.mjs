// Compiles the addon for this machine and links the core's static library into it:
// prebuilds/<platform>-<architecture>/liter_llm.node.
//
//   LITER_LLM_ARCHIVE   the static library; without it cargo builds one
//   LITER_LLM_ADDON     the file to make, where it is for another machine or place
//   CC                  the compiler, cc, with words of its own behind it
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const { include_dir: nodeHeaders } = createRequire(import.meta.url)(
  "node-api-headers",
);

function archivePath() {
  const given = process.env.LITER_LLM_ARCHIVE;
  if (given && !existsSync(given)) {
    throw new Error(`LITER_LLM_ARCHIVE: no such file: ${given}`);
  }
  return given ? path.resolve(given) : buildArchive();
}

function buildArchive() {
  const core = path.join(root, "core");
  const target = path.join(core, "target");
  const manifest = [
    "--manifest-path",
    path.join(core, "Cargo.toml"),
    "--target-dir",
    target,
  ];
  run("cargo", [
    "build",
    "--release",
    "--locked",
    "-p",
    "liter-llm-ffi",
    ...manifest,
  ]);
  return path.join(target, "release/libliter_llm.a");
}

// Exports what Node.js asks for, and nothing of the archive. The module stays mapped, because the
// core's threads run in it.
function linkArguments() {
  if (process.platform === "darwin") {
    const frameworks = ["Security", "CoreFoundation", "SystemConfiguration"];
    return [
      "-undefined",
      "dynamic_lookup",
      ...frameworks.flatMap((name) => ["-framework", name]),
    ];
  }
  const linker = [
    `--version-script=${path.join(here, "native/exports.map")}`,
    "-z,nodelete",
    "-z,relro,-z,now",
    "--gc-sections",
  ];
  const libraries = ["-ldl", "-lm", "-lpthread", "-lrt", "-lutil"];
  return [...linker, "--strip-all"]
    .map((word) => `-Wl,${word}`)
    .concat(libraries);
}

function run(command, words) {
  execFileSync(command, words, { stdio: "inherit", cwd: here });
}

const machine = `${process.platform}-${process.arch}`;
const addon = path.resolve(
  process.env.LITER_LLM_ADDON ??
    path.join(here, "prebuilds", machine, "liter_llm.node"),
);
mkdirSync(path.dirname(addon), { recursive: true });
const [compiler, ...words] = (process.env.CC ?? "cc").split(" ");
run(compiler, [
  ...words,
  ...["-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden"],
  ...["-DNAPI_VERSION=8", "-Wall", "-Wextra", "-Werror"],
  ...["-I", path.join(root, "include"), "-isystem", nodeHeaders],
  ...["native/addon.c", "native/client.c", "native/events.c", archivePath()],
  ...["-o", addon, ...linkArguments()],
]);
