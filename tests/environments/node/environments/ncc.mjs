// ncc, as GitHub's actions use it: it finds addons by itself.
import path from "node:path";

import { chats, emptyFolder, run, sourcesOfChat, tool } from "../support.mjs";

const folder = emptyFolder();
const sources = sourcesOfChat();
await run(tool("ncc"), [
  ...["build", sources, "--out", folder],
  ...["--no-cache", "--quiet"],
]);

await chats(sources, process.execPath, [path.join(folder, "index.mjs")]);
