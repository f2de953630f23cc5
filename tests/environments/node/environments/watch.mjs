// node --watch: a restart in the middle of a stream closes it, and the new process works.
import { appendFileSync } from "node:fs";
import path from "node:path";

import {
  Child,
  HANG,
  Mock,
  sourcesOfChat,
  stream,
  token,
} from "../support.mjs";

const mock = await Mock.start();
const key = await mock.plan(stream(token("one"), token("two"), HANG));
const program = sourcesOfChat();
const child = new Child(process.execPath, ["--watch", program], {
  cwd: path.dirname(program),
  env: { BASE_URL: mock.baseUrl(key) },
});

for (const round of [1, 2, 3]) {
  await mock.wait(key, { requests: round, closed: round - 1 });
  appendFileSync(program, `\nconsole.log("restart ${round}");\n`);
  await mock.wait(key, { requests: round + 1, closed: round });
  await child.printed(new RegExp(`restart ${round}`));
}
child.process.kill();
await mock.wait(key, { closed: 4 });
const { output } = await child.ended;
if (/error|assert|abort/i.test(output)) throw new Error(output);
