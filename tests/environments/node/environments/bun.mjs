// Bun: a program that is run, and one compiled into a single file with the addon inside.
import path from "node:path";

import {
  MODULES,
  chats,
  emptyFolder,
  run,
  sourcesOfChat,
} from "../support.mjs";

// The package of the machine, as the one named bun wants to run scripts when it is installed.
const machine = `bun-${process.platform}-${process.arch}`;
const bun = path.join(MODULES, "@oven", machine, "bin/bun");
const compiled = path.join(emptyFolder(), "chat");
const sources = sourcesOfChat();

await chats(null, bun, [sources]);
await run(bun, ["build", "--compile", sources, "--outfile", compiled]);
await chats(sources, compiled, []);
