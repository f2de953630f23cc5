// The drivers in Node: `node driver.mjs --driver node|undici|node-openai ...`. The command line and
// the line of JSON at the end are those of all drivers.
import { drive } from "./drive.mjs";

const MODULES = {
  node: "./ours.mjs",
  undici: "./undici.mjs",
  "node-openai": "./openai.mjs",
};

await drive(async (driver) => (await import(MODULES[driver])).open);
