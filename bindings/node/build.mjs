// Compiles the addon for this machine and links the core's static library into it:
// prebuilds/<platform>-<architecture>/liter_llm.node.
//
//   LITER_LLM_ARCHIVE   the static library; without it cargo builds one
//   CC                  the compiler, cc
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

// Exports nothing of the archive. The module stays mapped, because the core's threads run in it.
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
    "--exclude-libs,ALL",
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

const folder = path.join(
  here,
  "prebuilds",
  `${process.platform}-${process.arch}`,
);
mkdirSync(folder, { recursive: true });
run(process.env.CC ?? "cc", [
  ...[
    "-std=c11",
    "-O2",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-DNAPI_VERSION=8",
  ],
  ...[
    "-Wall",
    "-Wextra",
    "-Werror",
    "-I",
    path.join(root, "include"),
    "-isystem",
    nodeHeaders,
  ],
  ...["native/addon.c", "native/client.c", "native/events.c", archivePath()],
  ...["-o", path.join(folder, "liter_llm.node"), ...linkArguments()],
]);
