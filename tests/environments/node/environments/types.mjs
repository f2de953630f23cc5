// The types as TypeScript finds them in every way of resolving modules, and the verdict of publint.
import { execFileSync } from "node:child_process";
import path from "node:path";

import { PACKAGE, emptyFolder, run, tool } from "../support.mjs";

const folder = emptyFolder();
const words = [
  "pack",
  "--silent",
  "--ignore-scripts",
  "--pack-destination",
  folder,
];
const packed = execFileSync("npm", words, { cwd: PACKAGE, encoding: "utf8" });

await run(tool("attw"), [path.join(folder, packed.trim()), "--no-color"]);
await run(tool("publint"), [PACKAGE, "--strict"]);
