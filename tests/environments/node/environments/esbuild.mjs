// esbuild: one file for Node.js, of either module format, with the addon copied beside it.
import path from "node:path";

import { build } from "esbuild";

import { chats, emptyFolder, sourcesOfChat } from "../support.mjs";

// Modules of Node.js that CommonJS code requires need a require() in an ES module.
const REQUIRE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

for (const [format, banner] of Object.entries({ cjs: "", esm: REQUIRE })) {
  const outdir = emptyFolder();
  const sources = sourcesOfChat();
  const { errors, warnings } = await build({
    entryPoints: [sources],
    bundle: true,
    platform: "node",
    loader: { ".node": "copy" },
    banner: { js: banner },
    outExtension: { ".js": format === "cjs" ? ".cjs" : ".mjs" },
    logLevel: "silent",
    ...{ format, outdir },
  });
  if (errors.length + warnings.length)
    throw new Error(JSON.stringify([errors, warnings]));
  const extension = format === "cjs" ? "cjs" : "mjs";
  await chats(sources, process.execPath, [
    path.join(outdir, `chat.${extension}`),
  ]);
}
