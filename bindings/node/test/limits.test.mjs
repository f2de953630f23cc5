// A process that may start no more threads gets a clear error and does not hang.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { Mock, PACKAGE, test } from "./support.mjs";

const mock = await Mock.start();

// The limit counts all threads of a user and does not bind root: so root runs it as another user.
const AS_NOBODY = { uid: 65_534, gid: 65_534 };
const TRIES = `
  import { createInterface } from "node:readline";
  import { LiterLlm } from "liter-llm";
  const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };
  const options = { provider: "openai", apiKey: "k", baseUrl: process.argv[1] };
  console.log("ready");
  for await (const _ of createInterface(process.stdin)) {
    const llm = new LiterLlm(options);
    await llm.invoke(request).then(
      (response) => console.log(response.text),
      (error) => console.log(error.code, error.message),
    );
    llm.close();
  }
`;

function reason() {
  if (process.platform !== "linux") return "prlimit is Linux's";
  if (process.getuid() !== 0) return "needs root, to become another user";
  try {
    execFileSync("prlimit", ["--version"]);
    accessSync(process.execPath, constants.X_OK);
    return false;
  } catch {
    return "needs prlimit of util-linux";
  }
}

test("thread_limit_is_a_clear_error", { skip: reason() }, async () => {
  const key = await mock.plan([{ answer: { text: "Hello world" } }]);
  const words = ["--input-type=module", "-e", TRIES, mock.baseUrl(key)];
  const child = spawn(process.execPath, words, {
    ...{ cwd: PACKAGE, ...AS_NOBODY },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value;
  const limit = (threads) =>
    execFileSync("prlimit", [`--pid=${child.pid}`, `--nproc=${threads}:`], {
      ...AS_NOBODY,
    });
  try {
    assert.equal(await nextLine(), "ready");

    const limits = readFileSync(`/proc/${child.pid}/limits`, "utf8");
    limit(1);
    child.stdin.write("\n");
    assert.match(await nextLine(), /^CONFIG .*thread.*$/);
    limit(limits.match(/^Max processes +(\w+)/m)[1]);
    child.stdin.write("\n");
    assert.equal(await nextLine(), "Hello world");
  } finally {
    child.stdin.end();
  }
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
