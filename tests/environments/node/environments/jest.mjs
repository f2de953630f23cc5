// Jest: files that share a process, and files in processes or threads of their own; the addon is
// loaded once and the package many times.
import path from "node:path";

import { HANG, Mock, PROGRAMS, run, stream, token, tool } from "../support.mjs";

const mock = await Mock.start();
const key = await mock.plan({ answer: { text: "Hello world" } });
const hanging = await mock.plan(stream(token("one"), HANG));
const env = { BASE_URL: mock.baseUrl(key), HANGING_URL: mock.baseUrl(hanging) };
const words = ["--rootDir", path.join(PROGRAMS, "jest"), "--ci", "--no-cache"];

for (const how of [
  ["--runInBand"],
  ["--workerThreads", "--maxWorkers", "2"],
  ["--maxWorkers", "2"],
  ["--runInBand", "--detectOpenHandles"],
]) {
  const output = await run(tool("jest"), [...words, ...how], { env });
  const passed = /^Tests: +14 passed, 14 total$/m.test(output);
  const complains = /did not exit|force exited|open handle|leak/i.test(output);
  if (!passed || complains) throw new Error(`jest ${how.join(" ")}: ${output}`);
}
// Six streams of each file are aborted, one runs out of time, and one is left to the end.
await mock.wait(hanging, { closed: 4 * 2 * 8 });
