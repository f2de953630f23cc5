// The mock provider: one process for a test file. Loopback only.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../..",
);

for (const name of Object.keys(process.env)) {
  if (name.endsWith("_API_KEY") || name.endsWith("_BASE_URL"))
    delete process.env[name];
}

export class Mock {
  #child;
  #http;
  #keys = 0;

  static async start() {
    const mock = new Mock();
    const program =
      process.env.LITER_LLM_MOCK ??
      path.join(ROOT, "tests/mock/target/release/liter-llm-mock");
    const words = ["--vectors", path.join(ROOT, "tests/vectors")];
    mock.#child = spawn(program, [...words, "--lifetime-seconds", "300"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: mock.#child.stdout });
    const [line] = await once(lines, "line");
    lines.close();
    mock.#http = JSON.parse(line).http;
    return mock;
  }

  stop() {
    this.#child.stdin.end();
  }

  // Sets what is played; gives the options of a client that talks to it, and what was asked.
  async plan(...steps) {
    const key = `frameworks~${process.pid}-${++this.#keys}`;
    const url = (place) => `${this.#http}/_/${place}`;
    const body = JSON.stringify({ steps });
    await fetch(url(`plans/${key}`), { method: "PUT", body });
    const get = async (place) => (await fetch(url(place))).json();
    return {
      options: {
        baseUrl: `${this.#http}/${key}/v1`,
        apiKey: "test-key",
        retriesMax: 0,
      },
      asked: async (index = -1) =>
        (await get(`seen/${key}`)).requests.at(index).body,
      headers: async (index) =>
        (await get(`seen/${key}`)).requests.at(index).headers,
      requests: async () => (await get(`seen/${key}`)).requests.length,
      closed: async (count = 1) =>
        (await get(`wait/${key}?closed=${count}&timeout_ms=5000`)).held,
      reaches: async (count) =>
        (await get(`wait/${key}?requests=${count}&timeout_ms=5000`)).held,
    };
  }
}

// Runs a file of this folder, which talks to the place under OpenAI's names.
export function runSample(name, place) {
  const { baseUrl, apiKey } = place.options;
  const names = { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey };
  const sample = fileURLToPath(new URL(name, import.meta.url));
  const env = { ...process.env, ...names };
  return promisify(execFile)(process.execPath, [sample], { env });
}
