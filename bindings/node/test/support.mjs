// What the tests share: the mock provider, a core that a test plays, and helpers. Loopback only.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { after, test as nodeTest } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { LiterLlm } from "liter-llm";

for (const name of Object.keys(process.env)) {
  if (name.endsWith("_API_KEY") || name.endsWith("_BASE_URL"))
    delete process.env[name];
}

const TIMEOUT_MS =
  Number(process.env.TEST_TIMEOUT_MS) || (process.env.SLOW ? 600_000 : 60_000);

// A test that hangs fails under its own name, and the other tests of its file still run.
export const test = (name, ...rest) => {
  const [options, body] = rest.length === 2 ? rest : [{}, rest[0]];
  return nodeTest(name, { timeout: TIMEOUT_MS, ...options }, body);
};

export const PACKAGE = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "..",
);
export const ROOT = path.resolve(PACKAGE, "../..");
export const MESSAGES = [{ role: "user", content: "Hello" }];
export const REQUEST = { model: "gpt-4o-mini", messages: MESSAGES };
export const HANG = { hang: true };
export const FINISH = [{ finish: "stop" }, { done: true }];

const HEADERS = [["content-type", "text/event-stream"]];
const HEAD = { head: { status: 200, headers: HEADERS, chunked: true } };

export const token = (text) => ({ token: text });

// A step of a plan that streams: actions after the head of a response.
export const streaming = (...actions) => ({ raw: [HEAD, ...actions] });

// A step that answers with a document, and one that answers with a file of rows.
export const document = (body) => ({
  status: 200,
  headers: [["content-type", "application/json"]],
  body: JSON.stringify(body),
});
export const rowFile = (...rows) => ({
  status: 200,
  headers: [["content-type", "application/octet-stream"]],
  body: rowLines(...rows),
});
export const rowLines = (...rows) =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

// A row of a batch that OpenAI has answered.
export function answeredRow(id, content) {
  const message = { role: "assistant", content };
  const choices = [{ index: 0, finish_reason: "stop", message }];
  const body = { id: "c", object: "chat.completion", model: "m", choices };
  return { custom_id: id, response: { status_code: 200, body } };
}

export async function read(readable) {
  const pieces = [];
  for await (const piece of readable) pieces.push(piece);
  return pieces;
}

// Runs code as a module in a process of its own; returns its end and everything that it printed.
export async function run(code, ...words) {
  const flags = ["--expose-gc", "--input-type=module", "-e", code, ...words];
  const child = spawn(process.execPath, flags, {
    cwd: PACKAGE,
    timeout: 30_000,
  });
  let output = "";
  for (const readable of [child.stdout, child.stderr]) {
    readable.setEncoding("utf8").on("data", (text) => (output += text));
  }
  const [exitCode, signal] = await once(child, "close");
  return { code: exitCode, signal, output };
}

// A chunk of OpenAI's stream.
// Without an id, as the mock's own pieces beside it have one: all are of one response.
export const chunk = (delta, reason = null) => ({
  sse: {
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: reason }],
  },
});

// The first `least` characters in a row of a secret that a value shows in any form, or null.
export function shownPiece(value, secret, least = 8) {
  const shown = [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null }),
    JSON.stringify(value),
    String([value].flat().map((item) => item?.stack)),
  ].join("\n");
  for (let start = 0; start + least <= secret.length; start++) {
    const piece = secret.slice(start, start + least);
    if (shown.includes(piece)) return piece;
  }
  return null;
}

// Collects garbage until `wanted` resolves.
export async function collect(wanted) {
  for (let round = 0; ; round++) {
    globalThis.gc();
    try {
      return await wanted();
    } catch (error) {
      if (round === 40) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

// Each native client has a waker, which is a handle of this type in the event loop.
export function countWakers() {
  const { libuv } = process.report.getReport();
  return libuv.filter((handle) => handle.type === "async").length;
}

// A copy of the package on a core that the test plays, to deliver what this core would not.
export class FakeCore {
  calls = [];
  #deliver;
  #polled = [];

  constructor() {
    const require = createRequire(import.meta.url);
    const names = readdirSync(path.join(PACKAGE, "lib"), { recursive: true })
      .filter((name) => name.endsWith(".cjs") && name !== "native.cjs")
      .map((name) => name.slice(0, -".cjs".length));
    const place = (name) => require.resolve(`../lib/${name}.cjs`);
    const real = require("../lib/native.cjs");
    const kept = new Map(
      [...names, "native"].map((name) => [name, require.cache[place(name)]]),
    );
    for (const name of names) delete require.cache[place(name)];
    require.cache[place("native")] = {
      ...kept.get("native"),
      exports: { ...real, native: this.#native() },
    };
    this.LiterLlm = require("../lib/client.cjs").LiterLlm;
    this.LlmError = require("../lib/error.cjs").LlmError;
    this.observers = require("../lib/observer.cjs");
    for (const [name, module] of kept) {
      delete require.cache[place(name)];
      if (module) require.cache[place(name)] = module;
    }
  }

  // Delivers [kind, data, error] of a stream with one poll; of TEXT the data may be a list of
  // deltas. Of VECTORS it is a Float32Array, and instead of an error comes how many there are.
  deliver(stream, ...events) {
    const table = events.flatMap(([kind, data, last = 0]) => {
      if (kind === 9) return [stream, kind, 0, data.byteLength, last];
      const deltas = kind === 2 || kind === 3 ? [data].flat().length : 0;
      const bytes = Buffer.byteLength([data].flat().join(""));
      return [stream, kind, last, bytes, deltas];
    });
    this.#polled = events.map(([, data]) => data);
    this.#deliver(
      events.map(([kind, data], index) =>
        kind === 9 ? index : [data].flat().join("\0"),
      ),
      Uint32Array.from(table),
    );
  }

  // The arguments of each call of a function, without the handle.
  callsOf(name) {
    return this.calls
      .filter(([called]) => called === name)
      .map(([, ...values]) => values);
  }

  #native() {
    const note =
      (name, result) =>
      (_, ...values) => (this.calls.push([name, ...values]), result);
    return {
      callOutsideContext: (make) => make(),
      create: (_, deliver) => ((this.#deliver = deliver), {}),
      ...{ start: note("start", 0), cancel: note("cancel") },
      ...{ acknowledge: note("acknowledge"), setRef: note("setRef") },
      ...{ close: note("close"), release: note("release") },
      copyVectors: (_, event, target) => {
        const fits = target.length === this.#polled[event].length;
        if (fits) target.set(this.#polled[event]);
        return fits;
      },
      lastError: () => "{}",
    };
  }
}

export class Mock {
  #process;
  #keys = 0;
  #made = [];

  static async start(...flags) {
    const built = path.join(ROOT, "tests/mock/target/release/liter-llm-mock");
    const command = process.env.LITER_LLM_MOCK ?? built;
    const mock = new Mock();
    // It ends when its standard input is closed.
    mock.#process = spawn(command, [...flags, "--lifetime-seconds", "900"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(mock.#process.stdout), "line");
    mock.places = JSON.parse(line);
    mock.url = mock.places.http;
    after(() => mock.stop());
    return mock;
  }

  async stop() {
    for (const llm of this.#made) llm.close();
    this.#process.stdin.end();
    await once(this.#process, "exit");
  }

  // A key that no other test uses.
  newKey(begin = "node") {
    return `${begin}~${process.pid}-${++this.#keys}`;
  }

  baseUrl(key, port = "http") {
    return `${this.places[port]}/${key}/v1`;
  }

  // A LiterLlm that talks to this mock under a key.
  connect(key, options = {}) {
    const common = { provider: "openai", apiKey: "test-key", retriesMax: 0 };
    const llm = new LiterLlm({
      ...common,
      baseUrl: this.baseUrl(key),
      ...options,
    });
    this.#made.push(llm);
    return llm;
  }

  // Sets what a key plays, and returns the key.
  async plan(steps, key = this.newKey()) {
    await this.#call("PUT", `plans/${key}`, { steps });
    return key;
  }

  seen(key) {
    return this.#call("GET", `seen/${key}`);
  }

  // Returns when requests=, closed=, bytes= or signal= hold; fails at the timeout.
  async wait(key, conditions, timeoutMs = 5000) {
    const seen = await this.#wait(key, conditions, timeoutMs);
    if (!seen.held)
      throw new Error(`${JSON.stringify(conditions)}: ${JSON.stringify(seen)}`);
    return seen;
  }

  // Returns at the timeout; fails when the conditions hold by then.
  async never(key, conditions, timeoutMs = 1000) {
    const seen = await this.#wait(key, conditions, timeoutMs);
    if (seen.held)
      throw new Error(`${JSON.stringify(conditions)}: ${JSON.stringify(seen)}`);
  }

  // Lets an {"await": name} go on.
  signal(key, name) {
    return this.#call("POST", `signal/${key}/${name}`);
  }

  #wait(key, conditions, timeoutMs) {
    const query = new URLSearchParams({ ...conditions, timeout_ms: timeoutMs });
    return this.#call("GET", `wait/${key}?${query}`);
  }

  async #call(method, place, body) {
    const response = await fetch(`${this.url}/_/${place}`, {
      method,
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return text ? JSON.parse(text) : {};
  }
}
