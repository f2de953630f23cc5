// vite, and with it rolldown: a server's bundle with all packages inside.
import path from "node:path";

import { build } from "vite";

import { addons } from "../addons.mjs";
import { chats, emptyFolder, sourcesOfChat } from "../support.mjs";

const outDir = emptyFolder();
const sources = sourcesOfChat();
await build({
  root: path.dirname(sources),
  configFile: false,
  logLevel: "error",
  plugins: [addons(outDir)],
  ssr: { noExternal: true },
  build: { ssr: path.basename(sources), outDir, emptyOutDir: false },
});

await chats(sources, process.execPath, [path.join(outDir, "chat.mjs")]);
