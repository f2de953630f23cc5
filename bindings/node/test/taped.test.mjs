// taped() of liter-llm/testing: recorded once, played from then on, and which of both a run does.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { after, beforeEach } from "node:test";
import { pathToFileURL } from "node:url";

import { LiterLlm } from "liter-llm";
import { taped } from "liter-llm/testing";

import { Mock, REQUEST, read, run, test } from "./support.mjs";

const KEY = "tape-Key_7f3a9c.e41b88d2zz";
const mock = await Mock.start();
const folder = mkdtempSync(path.join(tmpdir(), "liter-llm-tape-"));
after(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  delete process.env.CI;
  delete process.env.LITER_LLM_TAPE;
});

let files = 0;
const newFile = () => path.join(folder, `tapes${++files}`, "chat.jsonl");
const answers = (...texts) => texts.map((text) => ({ answer: { text } }));
const requestsOf = async (key) => (await mock.seen(key)).requests.length;
const errorOf = (promise) =>
  promise.then(
    () => assert.fail("it should fail"),
    ({ code, message }) => [code, message],
  );

const options = (key) => ({
  ...{ provider: "openai", baseUrl: mock.baseUrl(key), retriesMax: 0 },
});
const recording = (key) => ({ ...options(key), apiKey: KEY });

// Asks once, and closes the client.
async function ask(file, options, request = REQUEST) {
  const llm = taped(file, options);
  try {
    return (await read(llm.invoke(request))).join("");
  } finally {
    llm.close();
  }
}

test("what_is_not_there_is_recorded_and_then_played", async () => {
  const file = newFile();
  const key = await mock.plan(answers("Hello world", "never"));

  const recorded = await ask(file, recording(key));
  const again = await playInAnotherRun(file, key);
  const other = { ...REQUEST, seed: 7 };
  const missing = await playInAnotherRun(file, key, other);

  assert.equal(recorded, "Hello world");
  assert.equal(again, "Hello world");
  const reason =
    "does not have this request; the nearest one differs in body.seed";
  assert.ok(
    missing.startsWith(`CONFIG openai: tape: ${file} ${reason}`),
    missing,
  );
  assert.equal(await requestsOf(key), 1);
  const written = readFileSync(file, "utf8");
  assert.deepEqual(
    [written.includes(KEY), JSON.parse(written).tape],
    [false, 1],
  );
});

// A run of its own, without a key; returns the text or the error.
async function playInAnotherRun(file, key, request = REQUEST) {
  const code = `
    import { taped } from "liter-llm/testing";
    const [file, options, request] = process.argv.slice(1);
    const llm = taped(file, JSON.parse(options));
    await llm.invoke(JSON.parse(request)).then(
      ({ text }) => process.stdout.write(text),
      ({ code, message }) => process.stdout.write(code + " " + message));
  `;
  const streamed = JSON.stringify({ ...request, stream: true });
  const words = [file, JSON.stringify(options(key)), streamed];
  const { code: exitCode, output } = await run(code, ...words);
  assert.equal(exitCode, 0, output);
  return output;
}

test("continuous_integration_never_records", async () => {
  const file = newFile();
  const key = await mock.plan(answers("Hello"));
  const missing = [
    "CONFIG",
    `openai: tape: ${file} does not exist; record it first, with mode "record" or "auto"`,
  ];

  for (const value of ["true", "1"]) {
    process.env.CI = value;
    assert.deepEqual(await errorOf(ask(file, recording(key))), missing);
  }
  assert.deepEqual([await requestsOf(key), existsSync(file)], [0, false]);
  for (const value of ["false", ""]) {
    process.env.CI = value;
    rmSync(file, { force: true });
    await mock.plan(answers("Hello"), key);
    assert.equal(await ask(file, recording(key)), "Hello");
  }
});

test("the_variable_says_what_a_run_does", async () => {
  const file = newFile();
  const key = await mock.plan(answers("one", "two", "three"));
  process.env.CI = "true";
  process.env.LITER_LLM_TAPE = "record";

  const first = await ask(file, { ...recording(key), mode: "replay" });
  const second = await ask(file, recording(key));
  process.env.LITER_LLM_TAPE = "replay";
  const played = await ask(file, { ...options(key), mode: "record" });
  process.env.LITER_LLM_TAPE = "auto";
  const third = await ask(file, recording(key), { ...REQUEST, seed: 7 });

  assert.deepEqual(
    [first, second, played, third],
    [...["one", "two", "two", "three"]],
  );
  assert.equal(readFileSync(file, "utf8").trim().split("\n").length, 2);
  process.env.LITER_LLM_TAPE = "play";
  const message = 'LITER_LLM_TAPE: expected auto, record, replay, got "play"';
  assert.throws(() => taped(file), { code: "CONFIG", message });
});

test("the_option_says_it_where_no_variable_does", async () => {
  const file = newFile();
  const key = await mock.plan(answers("one", "two"));
  const first = await ask(file, { ...recording(key), mode: "record" });

  const second = await ask(file, { ...recording(key), mode: "record" });
  const played = await ask(file, { ...options(key), pace: "recorded" });
  const small = { ...options(key), fileBytesMax: 9 };
  const [code, message] = await errorOf(ask(file, small));

  assert.deepEqual([first, second, played], ["one", "two", "two"]);
  assert.equal(code, "TOO_LARGE");
  assert.match(message, /is larger than fileBytesMax \(9\)$/);
});

// The second test of a run finds the file that the first one has begun.
test("clients_of_one_run_record_one_file", async () => {
  const file = newFile();
  const key = await mock.plan(answers("one", "two", "three"));
  const seeds = [1, 2, 3];

  const found = [];
  for (const seed of seeds)
    found.push(
      await ask(pathToFileURL(file), recording(key), { ...REQUEST, seed }),
    );
  process.env.CI = "true";
  const played = await Promise.all(
    seeds.map((seed) =>
      ask(file, { ...options(key), mode: "replay" }, { ...REQUEST, seed }),
    ),
  );

  assert.deepEqual(found, ["one", "two", "three"]);
  assert.deepEqual(played, found);
  assert.equal(await requestsOf(key), 3);
});

test("a_file_is_a_name_or_a_url", () => {
  for (const file of [undefined, "", 7])
    assert.throws(() => taped(file), {
      ...{ code: "CONFIG" },
      message: /^taped: file: expected a name or a URL, got /,
    });
});

test("the_option_tape_of_a_client_takes_a_url", async () => {
  const file = path.join(folder, "option.jsonl");
  const key = await mock.plan(answers("Hello"));
  const tape = pathToFileURL(file);
  const ways = [
    { ...recording(key), tape },
    { ...options(key), tape: { file: tape, mode: "replay" } },
    { ...options(key), tape: file },
  ];

  for (const way of ways) {
    const llm = new LiterLlm(way);
    assert.deepEqual(await read(llm.invoke(REQUEST)), ["Hello"]);
    llm.close();
  }
  assert.equal(await requestsOf(key), 1);
});
