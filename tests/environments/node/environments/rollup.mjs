// rollup, with a plugin for addons, which it does not know.
import path from "node:path";

import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";

import { addons } from "../addons.mjs";
import { chats, emptyFolder, sourcesOfChat } from "../support.mjs";

for (const [format, extension] of [
  ["cjs", "cjs"],
  ["es", "mjs"],
]) {
  const folder = emptyFolder();
  const sources = sourcesOfChat();
  const warnings = [];
  const bundle = await rollup({
    input: sources,
    plugins: [
      addons(folder),
      nodeResolve({ preferBuiltins: true }),
      // What stands in try is left as it is by default.
      commonjs({ ignoreTryCatch: false, requireReturnsDefault: "preferred" }),
    ],
    external: /^node:/,
    onwarn: (warning) => warnings.push(warning.message),
  });
  const file = path.join(folder, `chat.${extension}`);
  await bundle.write({ file, format });
  if (warnings.length) throw new Error(warnings.join("\n"));
  await chats(sources, process.execPath, [file]);
}
