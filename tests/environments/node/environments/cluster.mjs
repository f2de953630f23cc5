// node:cluster: workers that are killed, exit and leave with streams live, beside one that goes on.
import path from "node:path";

import { HANG, Mock, PROGRAMS, run, stream, token } from "../support.mjs";

const mock = await Mock.start();
const key = await mock.plan({ answer: { text: "Hello world" } });
const hanging = await mock.plan(stream(token("one"), HANG));
const env = { BASE_URL: mock.baseUrl(key), HANGING_URL: mock.baseUrl(hanging) };

const output = await run(
  process.execPath,
  [path.join(PROGRAMS, "cluster.mjs")],
  { env },
);

const wanted = "kill: SIGKILL, exit: 3, leave: 0\nHello world\nHello world\n";
if (output !== wanted) throw new Error(`it printed: ${output}`);
await mock.wait(hanging, { requests: 5, closed: 5 });
