// Runs each file of environments/, or those that are named, in a process and a time limit of its
// own, and prints a line for each. LITER_LLM_PACKAGE names another package than that of the tree.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { HERE, PACKAGE, ROOT, emptyFolder } from "./support.mjs";

const LIMIT_MS = Number(process.env.TEST_TIMEOUT_MS) || 480_000;
const SOURCES =
  process.env.LITER_LLM_PACKAGE ?? path.join(ROOT, "bindings/node");

// As it would come from a registry: files, not a link, and only those that are packed.
function installPackage() {
  const folder = emptyFolder();
  const words = ["pack", "--silent", "--pack-destination", folder];
  const packed = execFileSync("npm", words, { cwd: SOURCES, encoding: "utf8" });
  execFileSync("tar", ["-xzf", packed.trim().split("\n").at(-1)], {
    cwd: folder,
  });
  mkdirSync(path.dirname(PACKAGE), { recursive: true });
  rmSync(PACKAGE, { recursive: true, force: true });
  execFileSync("cp", ["-r", path.join(folder, "package"), PACKAGE]);
}

// A group of its own, so that the time limit ends whatever it has started.
async function play(name) {
  const began = performance.now();
  const child = spawn(process.execPath, [`environments/${name}.mjs`], {
    cwd: HERE,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const readable of [child.stdout, child.stderr])
    readable.setEncoding("utf8").on("data", (text) => (output += text));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, "SIGKILL");
  }, LIMIT_MS);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const passed = code === 0;
  const how = late ? `nothing after ${LIMIT_MS} ms` : `${seconds} s`;
  console.log(`${passed ? "passed" : "FAILED"} ${name} (${how})`);
  if (!passed) console.log(output.replaceAll(/^/gm, "    "));
  return passed;
}

const known = readdirSync(path.join(HERE, "environments"))
  .map((file) => path.basename(file, ".mjs"))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length) {
  console.error(`no environment ${unknown}; there are ${known.join(", ")}`);
  process.exit(2);
}

installPackage();
let [passed, failed] = [0, 0];
for (const name of wanted.length ? wanted : known) {
  if (await play(name)) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
