// What the files of environments/ share: a mock provider of their own, an empty folder to work in,
// and children that end with the program. run.mjs runs them; one fails by throwing.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.resolve(HERE, "../../..");
export const MODULES = path.join(HERE, "node_modules");
export const PACKAGE = path.join(MODULES, "liter-llm");
export const PROGRAMS = path.join(HERE, "programs");
export const HANG = { hang: true };
export const FINISH = [{ finish: "stop" }, { done: true }];

const HEAD = {
  status: 200,
  headers: [["content-type", "text/event-stream"]],
  chunked: true,
};

export const token = (text) => ({ token: text });
export const stream = (...actions) => ({ raw: [{ head: HEAD }, ...actions] });

// A program of node_modules/.bin.
export const tool = (name) => path.join(MODULES, ".bin", name);

// An empty folder where no node_modules is to be found, not above it either.
export function emptyFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), "liter-llm-environments-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// A child process with all that it prints. Only what is named is in its environment.
export class Child {
  output = "";
  #watchers = new Set();

  constructor(command, words, { cwd = HERE, env = {}, stdio = [] } = {}) {
    const { HOME, TMPDIR } = process.env;
    // The Node.js that the environment runs on, and not one of the others in node_modules/.bin.
    const PATH = `${path.dirname(process.execPath)}:${process.env.PATH}`;
    this.process = spawn(command, words, {
      cwd,
      env: { PATH, HOME, TMPDIR, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe", ...stdio],
    });
    for (const readable of [this.process.stdout, this.process.stderr]) {
      readable.setEncoding("utf8").on("data", (text) => {
        this.output += text;
        for (const watch of this.#watchers) watch();
      });
    }
    process.on("exit", () => this.process.kill("SIGKILL"));
    this.ended = once(this.process, "close").then(([code, signal]) => {
      for (const watch of this.#watchers) watch();
      return { code, signal, output: this.output };
    });
  }

  // Resolves with the match as soon as the output has one; fails when the child ends without.
  printed(pattern) {
    return new Promise((resolve, reject) => {
      const watch = () => {
        const found = this.output.match(pattern);
        const { exitCode, signalCode } = this.process;
        if (!found && exitCode === null && signalCode === null) return;
        this.#watchers.delete(watch);
        if (found) resolve(found);
        else reject(new Error(`never printed ${pattern}: ${this.output}`));
      };
      this.#watchers.add(watch);
      watch();
    });
  }
}

// Runs a child to its end, which has to be a good one, and returns what it printed.
export async function run(command, words, options) {
  const { code, signal, output } = await new Child(command, words, options)
    .ended;
  if (code === 0) return output;
  const shown = [path.basename(command), ...words].join(" ");
  throw new Error(`${shown}: ${signal ?? `exit ${code}`}\n${output}`);
}

// What may differ between versions of Node.js: contexts, signals, workers, ends of processes.
const OF_VERSIONS = [
  ...["context", "leaving", "lifecycle", "reading"],
  ...["runtimes", "signals", "surrogates", "threads"],
].map((name) => `test/${name}.test.mjs`);

// Runs tests of the package on a version of Node.js that is a package itself.
export async function testsOn(version) {
  const node = path.join(MODULES, version, "bin/node");
  const cwd = process.env.LITER_LLM_PACKAGE ?? path.join(ROOT, "bindings/node");
  const { LITER_LLM_MOCK } = process.env;
  const words = ["--expose-gc", "--test", ...OF_VERSIONS];
  await run(node, words, { cwd, env: { LITER_LLM_MOCK } });
}

// The mock provider: plans in, what it saw out. It ends with its standard input.
export class Mock {
  #keys = 0;

  static async start() {
    const built = path.join(ROOT, "tests/mock/target/release/liter-llm-mock");
    const command = process.env.LITER_LLM_MOCK ?? built;
    const mock = new Mock();
    const child = spawn(command, ["--lifetime-seconds", "900"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(child.stdout), "line");
    mock.url = JSON.parse(line).http;
    child.unref();
    child.stdin.unref();
    child.stdout.unref();
    return mock;
  }

  baseUrl(key) {
    return `${this.url}/${key}/v1`;
  }

  // Sets what a new key plays, and returns the key.
  async plan(...steps) {
    const key = `environment~${process.pid}-${++this.#keys}`;
    await this.#call("PUT", `plans/${key}`, { steps });
    return key;
  }

  seen(key) {
    return this.#call("GET", `seen/${key}`);
  }

  // Returns when requests=, closed= or signal= hold; fails at the timeout.
  async wait(key, conditions, timeoutMs = 15_000) {
    const query = new URLSearchParams({ ...conditions, timeout_ms: timeoutMs });
    const seen = await this.#call("GET", `wait/${key}?${query}`);
    if (!seen.held)
      throw new Error(`${JSON.stringify(conditions)}: ${JSON.stringify(seen)}`);
    return seen;
  }

  // Lets an {"await": name} go on.
  signal(key, name) {
    return this.#call("POST", `signal/${key}/${name}`);
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

// programs/chat.mjs beside a copy of the package, for a bundler to read. chats() takes it away,
// so that nothing of the result can depend on it.
export function sourcesOfChat() {
  const folder = emptyFolder();
  // A released package has its addon in one of the platform, beside it.
  for (const name of readdirSync(MODULES))
    if (name.startsWith("liter-llm")) {
      const installed = path.join(folder, "node_modules", name);
      cpSync(path.join(MODULES, name), installed, { recursive: true });
    }
  cpSync(path.join(PROGRAMS, "chat.mjs"), path.join(folder, "chat.mjs"));
  return path.join(folder, "chat.mjs");
}

// Runs what was made of sourcesOfChat(), away from all packages; or the program itself, where there
// are no sources to take away.
export async function chats(sources, command, words) {
  if (sources !== null) rmSync(path.dirname(sources), { recursive: true });
  const mock = await Mock.start();
  const key = await mock.plan({ answer: { text: "Hello world" } });
  const env = { BASE_URL: mock.baseUrl(key) };
  const output = await run(command, words, { cwd: emptyFolder(), env });
  const wanted = "streamed Hello world, whole Hello world, abort CANCELLED\n";
  if (output !== wanted) throw new Error(`it printed: ${output}`);
}
