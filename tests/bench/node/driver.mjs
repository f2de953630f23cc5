// The drivers in Node: `node driver.mjs --driver node|undici|node-openai ...`. The command line and
// the line of JSON at the end are those of all drivers.
import { readFileSync } from "node:fs";

import { Meter, Stream } from "./meter.mjs";

const WARM_UP_KEY = "tokens~1~0~warm-up";
const TIMED_EVERY = 50;
const MODULES = {
  node: "./ours.mjs",
  undici: "./undici.mjs",
  "node-openai": "./openai.mjs",
};

function readArguments(words) {
  const asked = { driver: "node", whole: false, holdMs: 0 };
  while (words.length > 0) {
    const name = words.shift();
    if (name === "--whole") {
      asked.whole = true;
      continue;
    }
    const camel = name
      .slice(2)
      .replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
    const value = words.shift();
    asked[camel] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return asked;
}

const asked = readArguments(process.argv.slice(2));
const opens = await import(MODULES[asked.driver]);
const ca = asked.ca ? readFileSync(asked.ca, "utf8") : undefined;
const { ask, version, close } = opens.open({ ...asked, caText: ca });

const url = (key) => `${asked.baseUrl}/${key}/v1`;
await ask(url(WARM_UP_KEY), new Stream(new Meter(asked), false));
const meter = new Meter(asked);
let next = 0;

async function worker() {
  while (next < asked.streams) {
    const index = next++;
    const timed = asked.timedKey !== undefined && index % TIMED_EVERY === 0;
    const stream = new Stream(meter, timed);
    try {
      await ask(url(timed ? asked.timedKey : asked.key), stream);
    } catch (error) {
      meter.errors.push(`${error?.name}: ${error?.message}`.slice(0, 300));
    }
    stream.end();
  }
}

await Promise.all(Array.from({ length: asked.concurrency }, worker));
console.log(JSON.stringify(meter.report(asked.driver, version)));
await close?.();
process.exit();
