// What the drivers in Node share: the command line, all streams, the one line of JSON at the end.
import { readFileSync } from "node:fs";

import { Meter, Stream } from "./meter.mjs";

const WARM_UP_KEY = "tokens~1~0~warm-up";
const TIMED_EVERY = 50;

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

// `find` says by the driver's name how to open it.
export async function drive(find) {
  const asked = readArguments(process.argv.slice(2));
  const open = await find(asked.driver);
  const ca = asked.ca ? readFileSync(asked.ca, "utf8") : undefined;
  const { ask, version, close } = open({ ...asked, caText: ca });
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
}
