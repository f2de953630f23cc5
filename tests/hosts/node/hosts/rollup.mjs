// rollup, which knows no addons: a plugin of a few lines copies them.
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import path from "node:path";

import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";

import { chats, emptyFolder, sourcesOfChat } from "../support.mjs";

// An addon of a machine that the package was not built for.
const MISSING = "\0missing";

const addons = (folder) => ({
  name: "addons",
  resolveId(source, importer) {
    if (!source.endsWith(".node") || !importer) return null;
    const file = path.resolve(path.dirname(importer), source);
    return existsSync(file) ? file : MISSING;
  },
  async load(id) {
    if (id === MISSING) return "export default null;";
    if (!id.endsWith(".node")) return null;
    const name = path.basename(id);
    await copyFile(id, path.join(folder, name));
    return `import { createRequire } from "node:module";
      export default createRequire(import.meta.url)("./${name}");`;
  },
});

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
      commonjs({ ignoreTryCatch: false, requireReturnsDefault: "auto" }),
    ],
    external: /^node:/,
    onwarn: (warning) => warnings.push(warning.message),
  });
  const file = path.join(folder, `chat.${extension}`);
  await bundle.write({ file, format });
  if (warnings.length) throw new Error(warnings.join("\n"));
  await chats(sources, process.execPath, [file]);
}
