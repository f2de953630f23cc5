// The samples print what they should, and the README shows them unchanged.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import {
  FINISH,
  HANG,
  Mock,
  PACKAGE,
  answeredRow,
  document,
  rowFile,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

const WEATHER = { name: "weather", arguments: '{"city":"Hamburg"}' };
const CALL = { index: 0, id: "call_1", type: "function", function: WEATHER };
const CALLS_A_TOOL = streaming(
  { sse: { choices: [{ index: 0, delta: { tool_calls: [CALL] } }] } },
  { finish: "tool_calls" },
  { done: true },
);
const NUMBERS = streaming(
  ...Array.from({ length: 100 }, (_, number) => token(`${number} `)),
  HANG,
);
const CUT = streaming(token("Rust "), token("owns"), { reset: true });
const HELLO = { answer: { text: "Hello world" } };
const BUSY = { status: 429, headers: [["retry-after", "120"]], body: "{}" };
const WRONG = {
  status: 401,
  error: { message: "wrong key", type: "t", code: null },
};

const NO_MODEL = {
  status: 404,
  error: { message: "no model", type: "t", code: null },
};
const FELL_BACK = `Hello world
from anthropic claude-sonnet-4-5
openai gpt-4o NOT_FOUND 404
openai gpt-4o-mini NOT_FOUND 404
anthropic claude-sonnet-4-5`;

const ENDED = document({
  ...{ id: "batch-1", status: "completed", output_file_id: "file-2" },
  request_counts: { total: 1, completed: 1, failed: 0 },
});
const BATCH = [
  document({ id: "file-1" }),
  document({ id: "batch-1", status: "validating" }),
  ...[ENDED, ENDED, rowFile(answeredRow("borrow", "A loan"))],
];

const CITY = streaming(
  ...['{"name":"Rome",', '"sights":["Forum"', ',"P', 'antheon"]}'].map(token),
  { finish: "stop" },
  { done: true },
);

// Tested below: one is a server, one a part of another.
const OF_SERVERS = ["route.mjs", "server.mjs"];
// Tests themselves, which need neither the mock nor a key; the tapes are in a folder.
const TESTS = { "scripted.mjs": 2, "taped.mjs": 1 };
const OF_TESTS = [...Object.keys(TESTS), "tapes"];
const SAMPLES = [
  ["stream.mjs", [HELLO], "Hello world"],
  ["whole_response.mjs", [HELLO], "Hello world\nstop 2\n"],
  [
    "many_at_once.mjs",
    [HELLO],
    "What is a borrow? Hello world\nWhat is a lifetime? Hello world\nWhat is a move? Hello world\n",
  ],
  ["fallback.mjs", [NO_MODEL, NO_MODEL, HELLO], FELL_BACK],
  ["map.mjs", [HELLO], "0 Hello world\n"],
  ["map.mjs", [WRONG], "0 openai: 401 wrong key"],
  ["cancel.mjs", [NUMBERS], "0 1 2 3 4 5 6 7 \n cancelled "],
  ["cancel.mjs", [NUMBERS], "\nCANCELLED TimeoutError\n"],
  ["errors.mjs", [HELLO], "Hello world"],
  ["errors.mjs", [BUSY], "try again in 120000 ms"],
  ["errors.mjs", [CUT], "Rust owns\ncut after 9 characters: "],
  [
    "errors.mjs",
    [WRONG],
    "AUTHENTICATION, status 401, retryable: false: openai: ",
  ],
  ["embed.mjs", [HELLO], "Go collects garbage 8 Float32Array(2) ["],
  ["rerank.mjs", [HELLO], "1 In Rust a value has one owner.\n"],
  ["models.mjs", [HELLO], "model-a mock\nmodel-b mock\n"],
  ["count_tokens.mjs", [HELLO], "3\n"],
  [
    "batch.mjs",
    BATCH,
    "ended { total: 1, succeeded: 1, failed: 0 }\nborrow succeeded A loan\n",
  ],
  ["logger.mjs", [HELLO], "{ provider: 'openai', stream: 1 }"],
  ["output.mjs", [CITY], "Rome 2\n[]\n"],
  ["output.mjs", [CITY], "[ 'Forum' ]\n[ 'Forum', 'P' ]\n"],
  ["output.mjs", [{ answer: { text: "Rome" } }, CITY], "Rome 2\n"],
  ["key_function.mjs", [WRONG, HELLO], "Hello world 2\n"],
  [
    "tools.mjs",
    [CALLS_A_TOOL, HELLO],
    'weather({"city":"Hamburg"})\nHello world',
  ],
];

for (const [name, steps, printed] of SAMPLES) {
  test(`${name}: ${printed.trim().split("\n")[0]}`, async () => {
    const key = await mock.plan(steps);
    const environment = {
      OPENAI_API_KEY: "test-key",
      OPENAI_BASE_URL: mock.baseUrl(key),
      CO_API_KEY: "test-key",
      CO_API_URL: mock.baseUrl(key).replace(/\/v1$/, ""),
      ANTHROPIC_API_KEY: "test-key",
      ANTHROPIC_BASE_URL: mock.baseUrl(key),
    };

    const folder = mkdtempSync(path.join(tmpdir(), "liter-llm-sample-"));
    // Where the batch keeps its handle.
    const kept = path.join(folder, "batch.json");

    const words = name === "batch.mjs" ? [kept] : [];
    const { code, output, errors } = await play(name, environment, words);

    rmSync(folder, { recursive: true });
    assert.deepEqual([code, errors], [0, ""]);
    assert.ok(output.includes(printed), output);
  });
}

async function play(name, environment, words) {
  const child = spawn(
    process.execPath,
    [path.join("samples", name), ...words],
    {
      cwd: PACKAGE,
      env: { ...process.env, ...environment },
      timeout: 30_000,
    },
  );
  child.stdin.end("What is a borrow?\n");
  const result = { output: "", errors: "" };
  child.stdout
    .setEncoding("utf8")
    .on("data", (text) => (result.output += text));
  child.stderr
    .setEncoding("utf8")
    .on("data", (text) => (result.errors += text));
  [result.code] = await once(child, "close");
  return result;
}

for (const [name, passed] of Object.entries(TESTS))
  test(`${name}: ${passed} tests pass`, async () => {
    // Without the first it would report to this run.
    const environment = { NODE_TEST_CONTEXT: undefined, CI: "true" };

    const { code, output } = await play(name, environment, []);

    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`pass ${passed}\\b`));
  });

test("server.mjs: text, events, and a client that leaves", async () => {
  const key = await mock.plan([HELLO, HELLO, NUMBERS]);
  const child = spawn(process.execPath, ["samples/server.mjs"], {
    cwd: PACKAGE,
    env: {
      ...{ ...process.env, PORT: "0", OPENAI_API_KEY: "test-key" },
      OPENAI_BASE_URL: mock.baseUrl(key),
    },
    timeout: 30_000,
  });
  const [line] = await once(createInterface(child.stdout), "line");

  assert.equal(await (await fetch(`${line}/?q=Hi`)).text(), "Hello world");
  const events = await (await fetch(`${line}/events`)).text();
  assert.match(events, /^data: \{"type":"start".*"type":"end"[^\n]*\n\n$/s);
  const { body } = await fetch(line);
  await body.cancel();
  await mock.wait(key, { closed: 1 });

  child.kill();
  await once(child, "close");
});

test("route.mjs: a request and its response", async () => {
  const key = await mock.plan([HELLO]);
  process.env.OPENAI_API_KEY = "test-key";
  process.env.OPENAI_BASE_URL = mock.baseUrl(key);
  const { POST } = await import("../samples/route.mjs");

  const messages = [{ role: "user", content: "Hi" }];
  const body = JSON.stringify({ messages });
  const response = await POST(
    new Request("http://host/chat", { method: "POST", body }),
  );

  assert.equal(await response.text(), "Hello world");
  assert.deepEqual((await mock.seen(key)).requests[0].body.messages, messages);
});

test("every_sample_is_tested", () => {
  const names = readdirSync(path.join(PACKAGE, "samples")).sort();

  assert.deepEqual(
    names,
    [
      ...new Set([
        ...[...OF_SERVERS, ...OF_TESTS],
        ...SAMPLES.map(([name]) => name),
      ]),
    ].sort(),
  );
});

test("readme_shows_the_samples", () => {
  const readme = readFileSync(path.join(PACKAGE, "README.md"), "utf8");
  const bound = /<!-- from: (samples\/\S+) -->\n```js\n(.*?)```\n/gs;

  const blocks = [...readme.matchAll(bound)];

  assert.equal(blocks.length, readme.match(/```js\n/g).length);
  for (const [, name, block] of blocks) {
    assert.equal(block, readFileSync(path.join(PACKAGE, name), "utf8"), name);
  }
});
