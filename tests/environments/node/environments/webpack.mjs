// webpack, with node-loader for the addon.
import path from "node:path";

import webpack from "webpack";

import { MODULES, chats, emptyFolder, sourcesOfChat } from "../support.mjs";

const folder = emptyFolder();
const sources = sourcesOfChat();
const compiler = webpack({
  mode: "production",
  target: "node18",
  entry: sources,
  output: { path: folder, filename: "chat.cjs" },
  module: {
    rules: [{ test: /\.node$/, loader: path.join(MODULES, "node-loader") }],
  },
  // What node-loader makes looks beside the file that is run.
  node: { __dirname: false },
});

const stats = await new Promise((resolve, reject) => {
  compiler.run((error, result) => (error ? reject(error) : resolve(result)));
});
// Addons and packages of machines that this package was not built for are missing, each with a
// warning.
const unexpected = [
  ...stats.compilation.errors,
  ...stats.compilation.warnings.filter(
    ({ message }) =>
      !/Can't resolve '(.*liter_llm\.node|liter-llm-[\w-]+)'/.test(message),
  ),
];
if (unexpected.length)
  throw new Error(unexpected.map(({ message }) => message).join("\n"));
await chats(sources, process.execPath, [path.join(folder, "chat.cjs")]);
