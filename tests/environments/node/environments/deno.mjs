// Deno, with the packages of node_modules. (Its compiler downloads what it compiles into.)
import { chmodSync } from "node:fs";
import path from "node:path";

import { MODULES, chats, sourcesOfChat } from "../support.mjs";

// The package of the machine, as the one named deno wants to run scripts when it is installed.
const libc = process.platform === "linux" ? "-glibc" : "";
const machine = `${process.platform}-${process.arch}${libc}`;
const deno = path.join(MODULES, "@deno", machine, "deno");
chmodSync(deno, 0o755);
const words = ["run", "--allow-all", "--node-modules-dir=manual"];

await chats(null, deno, [...words, sourcesOfChat()]);
