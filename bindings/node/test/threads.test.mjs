// Worker threads: each has clients of its own, and may be terminated at any time.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

import {
  HANG,
  Mock,
  REQUEST,
  read,
  run,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

const require = createRequire(import.meta.url);
const IN_WORKER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { LiterLlm } = require(${JSON.stringify(require.resolve("liter-llm"))});
  const llm = new LiterLlm(workerData.options);
  const readers = Array.from({ length: 5 }, () => llm.invoke(workerData.request).events());
  globalThis.kept = readers;
  Promise.all(readers.map((reader) => reader.next())).then(async () => {
    parentPort.postMessage("live");
    if (workerData.leave === "exit") process.exit(0);
    if (workerData.leave === "close") llm.close();
    if (workerData.leave !== "return") for (;;) await readers[0].next();
  }).catch((error) => parentPort.postMessage(error.code));
`;

function startWorker(key, leave) {
  const options = {
    provider: "openai",
    apiKey: "k",
    baseUrl: mock.baseUrl(key),
  };
  return new Worker(IN_WORKER, {
    eval: true,
    workerData: { options, request: REQUEST, leave },
  });
}

const oneThenHang = () => mock.plan([streaming(token("one"), HANG)]);

test("terminate_with_live_streams", async () => {
  const key = await oneThenHang();
  for (let round = 1; round <= 20; round++) {
    const worker = startWorker(key, "stay");
    await once(worker, "message");

    await worker.terminate();

    await mock.wait(key, { closed: 5 * round });
  }
});

test("worker_exits_with_live_streams", async () => {
  const key = await oneThenHang();
  for (const [round, leave] of ["exit", "return"].entries()) {
    const worker = startWorker(key, leave);
    const [code] = await once(worker, "exit");

    assert.equal(code, 0);
    await mock.wait(key, { closed: 5 * (round + 1) });
  }
});

test("four_workers_are_independent", async () => {
  const keys = await Promise.all([1, 2, 3, 4].map(oneThenHang));
  const own = await mock.plan([
    streaming(token("one"), { await: "go" }, token("two"), { done: true }),
  ]);
  const reader = mock.connect(own).invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();
  const workers = keys.map((key, index) =>
    startWorker(key, index === 0 ? "close" : "stay"),
  );
  const [closed, ended, ...others] = workers;
  const refused = new Promise((resolve) => {
    closed.on("message", (code) => code === "CLOSED" && resolve(code));
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  assert.equal(await refused, "CLOSED");

  await ended.terminate();
  await mock.wait(keys[0], { closed: 5 });
  await mock.wait(keys[1], { closed: 5 });
  for (const key of keys.slice(2)) await mock.never(key, { closed: 1 }, 200);
  await mock.signal(own, "go");

  assert.deepEqual(await read(reader), ["two"]);
  for (const worker of [closed, ...others]) await worker.terminate();
});

const EMBEDS = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { LiterLlm } = require(${JSON.stringify(require.resolve("liter-llm"))});
  const llm = new LiterLlm(workerData.options);
  const embed = () => llm.embed(workerData.request);
  const forever = async () => { for (;;) await Promise.all([embed(), embed()]); };
  embed().then(({ vectors, values }) => {
    parentPort.postMessage([vectors.length, values]);
    return forever();
  });
`;

// Terminated while vectors come.
test("terminate_while_embedding", async () => {
  const key = await mock.plan([{ answer: { text: "" } }]);
  const input = Array.from({ length: 200 }, (_, number) => `text ${number}`);
  const request = {
    model: "m",
    input,
    dimensions: 512,
    inputs_per_request: 60,
  };
  const baseUrl = mock.baseUrl(key);
  const options = { provider: "openai", apiKey: "k", baseUrl };
  const { values } = await mock.connect(key).embed(request);
  const workerData = { options, request };

  for (let round = 0; round < 10; round++) {
    const workers = [1, 2].map(
      () => new Worker(EMBEDS, { eval: true, workerData }),
    );
    const messages = await Promise.all(
      workers.map((worker) => once(worker, "message")),
    );
    for (const [message] of messages) assert.deepEqual(message, [200, values]);

    await Promise.all(workers.map((worker) => worker.terminate()));
  }
});

test("process_exits_with_live_workers", async () => {
  const key = await oneThenHang();
  const code = `
    import { once } from "node:events";
    import { Worker } from "node:worker_threads";
    const workerData = JSON.parse(process.argv[1]);
    const code = ${JSON.stringify(IN_WORKER)};
    const workers = [1, 2].map(() => new Worker(code, { eval: true, execArgv: [], workerData }));
    await Promise.all(workers.map((worker) => once(worker, "message")));
    process.exit(7);
  `;
  const options = {
    provider: "openai",
    apiKey: "k",
    baseUrl: mock.baseUrl(key),
  };

  const ended = await run(
    code,
    JSON.stringify({ options, request: REQUEST, leave: "stay" }),
  );

  assert.deepEqual(ended, { code: 7, signal: null, output: "" });
});
