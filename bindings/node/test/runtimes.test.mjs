// The package in unusual processes: with strict flags, in other realms, while they end; and read by
// Node's streams and web streams.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import vm from "node:vm";
import { Worker } from "node:worker_threads";

import {
  FINISH,
  HANG,
  Mock,
  PACKAGE,
  REQUEST,
  collect,
  read,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const require = createRequire(import.meta.url);
const MAJOR = Number(process.versions.node.split(".")[0]);
const planHello = () => mock.plan([{ answer: { text: "Hello world" } }]);
const planHang = () => mock.plan([streaming(token("one"), token("two"), HANG)]);
const planCut = () => mock.plan([streaming(token("one"), { reset: true })]);

// Runs a program in a process with flags; keys are what the mock plays at URLS[name].
async function runWith(flags, code, keys = {}) {
  return runCommand([process.execPath, ...flags], code, keys);
}

async function runCommand([command, ...flags], code, keys) {
  const urls = Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, mock.baseUrl(key)]),
  );
  const program = `
    const { LiterLlm, LlmError } = require("liter-llm");
    const URLS = ${JSON.stringify(urls)};
    const REQUEST = ${JSON.stringify(REQUEST)};
    const connect = (name, options) =>
      new LiterLlm({ provider: "openai", apiKey: "k", baseUrl: URLS[name], retriesMax: 0,
        ...options });
    (async () => { ${code} })();`;
  const child = spawn(command, [...flags, "-e", program], {
    cwd: PACKAGE,
    env: { NODE_NO_WARNINGS: "1" },
    timeout: 30_000,
  });
  let output = "";
  for (const readable of [child.stdout, child.stderr])
    readable.setEncoding("utf8").on("data", (text) => (output += text));
  const [exitCode, signal] = await once(child, "close");
  return { code: exitCode ?? signal, output };
}

const EVERYTHING = `
  const llm = connect("hello", { logLevel: "debug" });
  let text = "";
  for await (const token of llm.invoke(REQUEST)) text += token;
  const response = await llm.invoke(REQUEST);
  const types = [];
  for await (const { type } of llm.invoke(REQUEST).events()) types.push(type);
  const cut = { ...REQUEST, stream: true };
  const error = await connect("cut").invoke(cut).catch((failure) => failure);
  for await (const token of connect("hang").invoke(REQUEST)) break;
  console.log(text, response.text, types.includes("end"), error instanceof LlmError, error.name,
    error.code, error.partial.text, JSON.stringify(response.message));`;
const PRINTED =
  "Hello world Hello world true true LlmError TRUNCATED one " +
  '{"role":"assistant","content":"Hello world"}\n';

const PERMISSION = MAJOR < 24 ? "--experimental-permission" : "--permission";
const READ = [PERMISSION, "--allow-fs-read=*"];
const FLAGS = {
  no_code_from_strings: ["--disallow-code-generation-from-strings"],
  frozen_intrinsics: ["--frozen-intrinsics"],
  no_proto: ["--disable-proto=throw"],
  strict_rejections: ["--unhandled-rejections=strict", "--throw-deprecation"],
  small_stack: ["--stack-size=200"],
};
if (MAJOR >= 20) FLAGS.permission = [...READ, "--allow-addons"];

for (const [name, flags] of Object.entries(FLAGS)) {
  test(`flags_${name}`, async () => {
    const keys = {
      ...{ hello: await planHello(), cut: await planCut() },
      hang: await planHang(),
    };

    const ended = await runWith(flags, EVERYTHING, keys);

    assert.deepEqual(ended, { code: 0, output: PRINTED });
    await mock.wait(keys.hang, { closed: 1 });
  });
}

// The message says what keeps the addon from being loaded, and not that it has to be built.
test("addons_that_are_not_allowed", { skip: MAJOR < 20 }, async () => {
  for (const flags of [READ, ["--no-addons"]]) {
    const { code, output } = await runWith(flags, "");

    assert.equal(code, 1);
    const [line] = output.match(/^.*liter-llm: the native addon.*$/m);
    assert.match(line, /cannot be loaded: .*(disabled|addons|permission)/i);
    assert.doesNotMatch(line, /npm run build/);
  }
});

// The package's files evaluated in a realm of their own; the addon is shared by the process.
function loadInRealm() {
  const context = vm.createContext({});
  const modules = new Map();
  const load = (file) => {
    if (file.endsWith(".node") || !path.isAbsolute(file)) return require(file);
    if (!modules.has(file)) {
      const module = { exports: {} };
      modules.set(file, module);
      const words = ["module", "require", "__dirname", "process"];
      const wrapper = vm.compileFunction(readFileSync(file, "utf8"), words, {
        filename: file,
        parsingContext: context,
      });
      const folder = path.dirname(file);
      const requireFrom = (name) =>
        load(name.startsWith(".") ? path.join(folder, name) : name);
      wrapper(module, requireFrom, folder, process);
    }
    return modules.get(file).exports;
  };
  return [load(path.join(PACKAGE, "index.cjs")), context];
}

test("realms", async () => {
  const keys = [await planHello(), await planHang()];
  const use = async () => {
    const [{ LiterLlm, LlmError }, context] = loadInRealm();
    const [hello, hang] = keys.map(
      (key) =>
        new LiterLlm({
          ...{ provider: "openai", apiKey: "k" },
          baseUrl: mock.baseUrl(key),
        }),
    );
    const request = vm.runInContext(`(${JSON.stringify(REQUEST)})`, context);
    assert.equal((await read(hello.invoke(request))).join(""), "Hello world");
    assert.equal((await hello.invoke(request)).text, "Hello world");
    const error = await hello
      .invoke({ model: "m" })
      .catch((failure) => failure);
    assert.ok(error instanceof LlmError);
    assert.equal(error.code, "INVALID_REQUEST");
    const reader = hang.invoke(request)[Symbol.asyncIterator]();
    await reader.next();
    return new WeakRef(context);
  };

  const realms = [await use(), await use(), await use()];

  // A realm that is not referenced any more is collected with its clients and streams.
  await mock.wait(keys[1], { requests: 3 });
  await collect(() => mock.wait(keys[1], { closed: 3 }, 50));
  await collect(async () => {
    await mock.seen(keys[1]);
    assert.ok(realms.every((realm) => realm.deref() === undefined));
  });
});

const LEAVE = {
  "exit in the loop": ["process.exit(7)", 7],
  "an exception that nobody catches": ["setImmediate(() => { throw 1 })", 1],
  "a rejection that nobody handles": ["Promise.reject(new Error('mine'))", 1],
  "a signal": ["process.kill(process.pid, 'SIGTERM')", "SIGTERM"],
  "an interrupt": ["process.kill(process.pid, 'SIGINT')", "SIGINT"],
  abort: ["process.abort()", "SIGABRT"],
  "close in an exit handler": [
    "process.on('exit', () => llm.close()); process.exit(7)",
    7,
  ],
  "a new stream in an exit handler": [
    `process.on('exit', () => {
       llm.invoke(REQUEST).events().next().catch(() => {});
       connect("hang").invoke(REQUEST).then(() => {}, () => {});
     }); process.exit(7)`,
    7,
  ],
  "cancel and leave in an exit handler": [
    "process.on('exit', () => { stream.cancel(); reader.return(); }); process.exit(7)",
    7,
  ],
};

for (const [name, [leave, code]] of Object.entries(LEAVE)) {
  test(`ends_in_the_middle: ${name}`, async () => {
    const hang = await planHang();
    const program = `
      const llm = connect("hang");
      const stream = llm.invoke(REQUEST);
      const reader = stream[Symbol.asyncIterator]();
      await reader.next();
      await reader.next();
      reader.next().catch(() => {});
      ${leave};`;

    const ended = await runWith([], program, { hang });

    assert.equal(ended.code, code, ended.output);
    const { requests_count: count } = await mock.seen(hang);
    await mock.wait(hang, { closed: count });
  });
}

// A shell starts a job in the background with SIGINT ignored; Node.js restores the default.
test("an_interrupt_ends_a_process_of_the_background", async () => {
  const hang = await planHang();
  const program = `
    const reader = connect("hang").invoke(REQUEST)[Symbol.asyncIterator]();
    await reader.next();
    process.kill(process.pid, "SIGINT");
    await reader.next();
    await reader.next();`;
  const ignoring = ["sh", "-c", `trap "" INT; exec "$0" "$@"`];
  const command = [...ignoring, process.execPath];

  const ended = await runCommand(command, program, { hang });

  assert.deepEqual(ended, { code: "SIGINT", output: "" });
  await mock.wait(hang, { closed: 1 });
});

// The library rejects no promise but those that it returned: none is unhandled.
test("no_rejection_of_the_library_is_unhandled", async () => {
  const keys = {
    ...{ cut: await planCut(), hang: await planHang() },
    failing: await mock.plan([{ status: 500, error: { message: "no" } }]),
  };
  const program = `
    const llm = connect("cut");
    const failing = connect("failing");
    const aborter = new AbortController();
    const { signal } = aborter;
    for (const client of [llm, failing]) {
      // Read a little and leave, in every way, while the stream fails.
      const reader = client.invoke(REQUEST).events();
      await reader.next().catch(() => {});
      client.invoke(REQUEST)[Symbol.asyncIterator]();
      const started = client.invoke(REQUEST);
      started.events().next().catch(() => {});
      started.cancel();
      const left = client.invoke(REQUEST)[Symbol.asyncIterator]();
      const waiting = left.next().catch(() => {});
      left.return();
      await waiting;
      await Promise.race([client.invoke(REQUEST), client.invoke(REQUEST)]).catch(() => {});
      await Promise.allSettled([client.invoke(REQUEST), client.invoke(REQUEST)]);
    }
    const hang = connect("hang");
    const readers = [1, 2, 3].map(() => hang.invoke(REQUEST, { signal })[Symbol.asyncIterator]());
    for (const reader of readers) await reader.next();
    aborter.abort();
    const late = hang.invoke(REQUEST)[Symbol.asyncIterator]();
    await late.next();
    hang.close();
    hang.invoke(REQUEST).catch(() => {});
    await llm.invoke(REQUEST).finally(() => {}).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    console.log("done");`;

  const ended = await runWith(["--unhandled-rejections=strict"], program, keys);

  assert.deepEqual(ended, { code: 0, output: "done\n" });
});

test("readable_from", async () => {
  const [hello, cut, hang] = [
    await planHello(),
    await planCut(),
    await planHang(),
  ];

  const whole = Readable.from(mock.connect(hello).invoke(REQUEST));
  assert.equal((await read(whole)).join(""), "Hello world");
  const broken = Readable.from(mock.connect(cut).invoke(REQUEST));
  await assert.rejects(read(broken), { code: "TRUNCATED" });

  // Destroyed while a read is pending, without and with an error.
  for (const reason of [undefined, new RangeError("mine")]) {
    const readable = Readable.from(mock.connect(hang).invoke(REQUEST));
    readable.on("error", (error) => assert.equal(error, reason));
    await once(readable, "readable");
    readable.destroy(reason);
    await once(readable, "close").catch((error) => assert.equal(error, reason));
  }
  await mock.wait(hang, { closed: 2 });
});

test("pipelines", async () => {
  const [hello, hang] = [await planHello(), await planHang()];
  const upper = new Transform({
    transform: (text, _, done) => done(null, String(text).toUpperCase()),
  });
  let text = "";
  const sink = new Writable({
    write: (piece, _, done) => ((text += piece), done()),
  });

  await pipeline(mock.connect(hello).invoke(REQUEST), upper, sink);
  assert.equal(text, "HELLO WORLD");

  const full = new Writable({
    write: (_piece, _, done) => done(new RangeError("full")),
  });
  const stream = mock.connect(hang).invoke(REQUEST);
  await assert.rejects(pipeline(stream, full), { message: "full" });
  await mock.wait(hang, { closed: 1 });
});

const SKIP_WEB = !ReadableStream.from && "ReadableStream.from is newer";
test("web_streams", { skip: SKIP_WEB }, async () => {
  const [hello, cut, hang] = [
    await planHello(),
    await planCut(),
    await planHang(),
  ];
  const body = (key) =>
    ReadableStream.from(mock.connect(key).invoke(REQUEST)).pipeThrough(
      new TextEncoderStream(),
    );

  assert.equal(await new Response(body(hello)).text(), "Hello world");
  await assert.rejects(new Response(body(cut)).text(), { code: "TRUNCATED" });
  const reader = body(hang).getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "one");
  await reader.cancel("enough");
  await mock.wait(hang, { closed: 1 });
});

const IN_WORKER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { LiterLlm } = require("liter-llm");
  const llm = new LiterLlm(workerData.options);
  const readers = Array.from({ length: 4 }, () => llm.invoke(workerData.request).events());
  Promise.all(readers.map((reader) => reader.next())).then(async () => {
    parentPort.postMessage("live");
    if (workerData.leave === "throw") setImmediate(() => { throw new RangeError("mine"); });
    if (workerData.leave === "exit") process.exit(5);
    if (workerData.leave === "busy") for (;;) {
      for await (const _ of llm.invoke(workerData.request)) break;
    }
    await readers[0].next();
    await readers[0].next();
  });
`;

// Many workers: some are terminated in the middle of starts and ends, others end by themselves.
test("many_workers", async () => {
  const key = await planHang();
  const own = await mock.plan([
    streaming(token("one"), { await: "go" }, token("two"), ...FINISH),
  ]);
  const reader = mock.connect(own).invoke(REQUEST)[Symbol.asyncIterator]();
  await reader.next();
  const options = {
    ...{ provider: "openai", apiKey: "k", logLevel: "debug" },
    baseUrl: mock.baseUrl(key),
  };
  const leaves = ["throw", "exit", "busy", "stay"];
  const workers = Array.from({ length: 16 }, (_, number) => {
    const leave = leaves[number % leaves.length];
    const workerData = { options, request: REQUEST, leave };
    const worker = new Worker(IN_WORKER, { eval: true, workerData });
    // Not node:events' once, which rejects with the worker's own error.
    const once = (what) => new Promise((resolve) => worker.once(what, resolve));
    worker.on("error", (error) => assert.equal(error.message, "mine"));
    return { worker, leave, end: once("exit"), live: once("message") };
  });

  await Promise.all(workers.map(({ live }) => live));
  for (const { worker, leave } of workers)
    if (["busy", "stay"].includes(leave)) worker.terminate();
  await Promise.all(workers.map(({ end }) => end));
  const { requests_count: count } = await mock.seen(key);
  await mock.wait(key, { closed: count });
  await mock.signal(own, "go");

  assert.deepEqual(await read(reader), ["two"]);
});
