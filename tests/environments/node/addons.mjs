// A plugin of rollup, rolldown and vite, which know no addons: copies each beside the bundle, and
// requires it there. Addons and packages of machines that a package was not built for are left out.
import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";

const MISSING = "\0missing";
// The packages of the platforms, of which npm installs one.
const PLATFORM = /^liter-llm-\w+-\w+-\w+$/;

export const addons = (folder) => ({
  name: "addons",
  enforce: "pre",
  async resolveId(source, importer, options) {
    if (PLATFORM.test(source))
      return (await this.resolve(source, importer, options)) ?? MISSING;
    if (!source.endsWith(".node") || !importer) return null;
    const file = path.resolve(path.dirname(importer), source);
    return existsSync(file) ? file : MISSING;
  },
  async load(id) {
    if (id === MISSING) return "export default null;";
    if (!id.endsWith(".node")) return null;
    const name = path.basename(id);
    await mkdir(folder, { recursive: true });
    await copyFile(id, path.join(folder, name));
    return `import { createRequire } from "node:module";
      const addon = createRequire(import.meta.url)("./${name}");
      export { addon as default, addon as "module.exports" };`;
  },
});
