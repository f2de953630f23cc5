// vitest in each of its pools: worker threads, worker threads with a realm for each file, and
// processes; also with all files in one worker.
import path from "node:path";

import { HANG, Mock, PROGRAMS, run, stream, token, tool } from "../support.mjs";

const mock = await Mock.start();
const key = await mock.plan({ answer: { text: "Hello world" } });
const hanging = await mock.plan(stream(token("one"), HANG));
const env = { CHAT_URL: mock.baseUrl(key), HANGING_URL: mock.baseUrl(hanging) };
const words = ["run", "--root", path.join(PROGRAMS, "vitest")];
const ways = [
  ["--pool=threads"],
  ["--pool=threads", "--no-isolate", "--maxWorkers=1"],
  ["--pool=vmThreads"],
  ["--pool=forks"],
];

for (const how of ways) {
  const output = await run(tool("vitest"), [...words, ...how], { env });
  const passed = /^ +Tests +14 passed \(14\)$/m.test(output);
  const complains = /error|hanging|unhandled|did not/i.test(output);
  if (!passed || complains)
    throw new Error(`vitest ${how.join(" ")}: ${output}`);
}
// Three streams of each file are aborted, one runs out of time, and one is left to the end.
await mock.wait(hanging, { closed: ways.length * 2 * 5 });
