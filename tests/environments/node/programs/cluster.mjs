// A primary process with a live stream, and workers that are told to stream, to leave and to exit.
import cluster from "node:cluster";
import { once } from "node:events";

import { LiterLlm } from "liter-llm";

const { BASE_URL, HANGING_URL } = process.env;
const baseUrl = BASE_URL;
const llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl });
const REQUEST = { model: "m", messages: [{ role: "user", content: "Hello" }] };
const hanging = { ...REQUEST, base_url: HANGING_URL };

async function startOne() {
  const reader = llm.invoke(hanging)[Symbol.asyncIterator]();
  const { value } = await reader.next();
  if (value !== "one") throw new Error(`the first token is ${value}`);
  return reader;
}

async function work() {
  const reader = await startOne();
  process.send("live");
  reader.next().catch(() => {});
  process.on("message", async (what) => {
    if (what === "exit") process.exit(3);
    if (what === "ask") process.send((await llm.invoke(REQUEST)).text);
    if (what === "leave") {
      await reader.return();
      cluster.worker.disconnect();
    }
  });
}

async function ended(worker, what) {
  const exit = once(worker, "exit");
  if (what === "kill") worker.process.kill("SIGKILL");
  else worker.send(what);
  const [code, signal] = await exit;
  return `${what}: ${code ?? signal}`;
}

async function lead() {
  const own = await startOne();
  const workers = [1, 2, 3, 4].map(() => cluster.fork());
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const ends = ["kill", "exit", "leave"].map((what, at) =>
    ended(workers[at], what),
  );
  console.log((await Promise.all(ends)).join(", "));
  workers[3].send("ask");
  console.log((await once(workers[3], "message"))[0]);
  console.log((await llm.invoke(REQUEST)).text);
  await own.return();
  await ended(workers[3], "leave");
}

if (cluster.isPrimary) await lead();
else await work();
