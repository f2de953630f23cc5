// Next.js: a route handler that streams, built and served, with the package as an external one.
import { readFileSync } from "node:fs";
import path from "node:path";

import {
  Child,
  FINISH,
  HANG,
  Mock,
  PROGRAMS,
  run,
  stream,
  token,
  tool,
} from "../support.mjs";

const app = path.join(PROGRAMS, "next");
const mock = await Mock.start();
const key = await mock.plan(
  stream(token("one "), { await: "go" }, token("two"), ...FINISH),
  stream(token("one"), HANG),
);
const env = { CHAT_URL: mock.baseUrl(key), NEXT_TELEMETRY_DISABLED: "1" };
const common = { cwd: app, env };

// Turbopack builds last, and is served.
for (const how of [["--webpack"], ["--turbopack"]]) {
  await run(tool("next"), ["build", ...how], common);
  const trace = path.join(app, ".next/server/app/chat/route.js.nft.json");
  const { files } = JSON.parse(readFileSync(trace, "utf8"));
  // What is copied to where the app is deployed.
  if (!files.some((file) => file.endsWith("liter_llm.node")))
    throw new Error(`${how}: the addon is not among ${files}`);
}

const server = new Child(tool("next"), ["start", "--port", "0"], common);
const [, url] = await server.printed(/Local: +(http:\/\/localhost:\d+)/);
const messages = [{ role: "user", content: "Hello" }];
const post = (name, init = {}) =>
  fetch(`${url}/chat?name=${name}`, {
    method: "POST",
    body: JSON.stringify({ messages }),
    ...init,
  });
const decoder = new TextDecoder();

// The first piece arrives while the provider still waits.
const pieces = [];
for await (const bytes of (await post("first")).body) {
  pieces.push(decoder.decode(bytes));
  if (pieces.length === 1) await mock.signal(key, "go");
}
if (pieces.join("|") !== "one |two") throw new Error(`pieces: ${pieces}`);

// A browser that leaves.
const aborter = new AbortController();
const response = await post("second", { signal: aborter.signal });
const { value } = await response.body.getReader().read();
if (decoder.decode(value) !== "one") throw new Error(`value: ${value}`);
aborter.abort();
await mock.wait(key, { requests: 2, closed: 1 });

const lines = await (await fetch(`${url}/chat`)).json();
if (Object.keys(lines).sort().join() !== "first,second")
  throw new Error(`lines of the log: ${JSON.stringify(lines)}`);
server.process.kill();
await server.ended;
