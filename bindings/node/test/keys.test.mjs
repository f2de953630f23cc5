// Keys from functions: when they are asked, and every way in which none comes.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { LlmError } from "liter-llm";

import {
  Mock,
  PACKAGE,
  REQUEST,
  read,
  run,
  shownPiece,
  test,
} from "./support.mjs";

const mock = await Mock.start();

const OLD = "old-token-4f1c9a7b2e";
const NEW = "new-token-8d3e6b5a0c";
const GOOD = { answer: { text: "Hello world" } };
const EXPIRED = { status: 401, error: { message: "expired" } };
const BUSY = {
  status: 429,
  headers: [["retry-after-ms", "1"]],
  error: { message: "slow" },
};

// Functions that give these keys, the last one again and again.
const sync = (...keys) => {
  const give = () => {
    give.asked++;
    const key = keys.length > 1 ? keys.shift() : keys[0];
    if (key instanceof Error) throw key;
    return key;
  };
  give.asked = 0;
  return give;
};
const async = (...keys) => {
  const give = sync(...keys);
  return async () => give();
};
const WAYS = {
  await: async (stream) => (await stream).text,
  tokens: async (stream) => (await read(stream)).join(""),
};
const each = Object.entries({ sync, async }).flatMap(([kind, make]) =>
  Object.entries(WAYS).map(([way, take]) => [`${kind}, ${way}`, make, take]),
);

// The keys that the provider saw.
const sent = async (key) =>
  (await mock.seen(key)).requests.flatMap(({ headers }) =>
    headers
      .filter(([name]) => name.toLowerCase() === "authorization")
      .map(([, value]) => value.replace("Bearer ", "")),
  );

// A function that waits until its call has ended.
function hangs() {
  let enter;
  const entered = new Promise((resolve) => (enter = resolve));
  const left = { signal: null };
  const give = async ({ signal }) => {
    left.signal = signal;
    enter();
    await new Promise(() => {});
  };
  return { give, entered, left };
}

const isAborted = async ({ signal }) =>
  signal.aborted || (await once(signal, "abort"));

test("key_is_renewed_when_it_expired", async () => {
  for (const [name, make, take] of each) {
    const key = await mock.plan([EXPIRED, GOOD]);
    const stream = mock
      .connect(key, { apiKey: make(OLD, NEW) })
      .invoke(REQUEST);
    assert.equal(await take(stream), "Hello world", name);
    assert.equal(stream.response.attempts, 2);
    assert.deepEqual(await sent(key), [OLD, NEW]);
  }
});

test("key_is_asked_for_before_each_attempt", async () => {
  const key = await mock.plan([BUSY, GOOD]);
  const llm = mock.connect(key);
  await llm.invoke(REQUEST, { apiKey: async(OLD, NEW), retriesMax: 1 });
  assert.deepEqual(await sent(key), [OLD, NEW]);
});

test("key_of_the_call_goes_before_that_of_the_client", async () => {
  const key = await mock.plan([GOOD]);
  const llm = mock.connect(key, { apiKey: sync("of-client") });
  await llm.invoke(REQUEST);
  await llm.invoke(REQUEST, { apiKey: "text" });
  await llm.invoke(REQUEST, { apiKey: sync("of-call") });
  await llm.invoke({ ...REQUEST, api_key: sync("of-request") });
  assert.deepEqual(await sent(key), [
    "of-client",
    "text",
    "of-call",
    "of-request",
  ]);
});

test("key_function_runs_in_the_context_of_its_request", async () => {
  const storage = new AsyncLocalStorage();
  const key = await mock.plan([GOOD]);
  const seen = [];
  const llm = mock.connect(key, {
    apiKey: () => {
      seen.push(storage.getStore());
      return NEW;
    },
  });
  const calls = ["a", "b", "c"].map((name) =>
    storage.run(name, () => WAYS.await(llm.invoke(REQUEST))),
  );
  await Promise.all(calls);
  assert.deepEqual(seen.sort(), ["a", "b", "c"]);
});

test("error_of_a_key_function_is_the_cause", async () => {
  const cause = new RangeError("the vault is sealed");
  for (const [name, make, take] of each) {
    const key = await mock.plan([GOOD]);
    const stream = mock.connect(key, { apiKey: make(cause) }).invoke(REQUEST);
    await assert.rejects(take(stream), (error) => {
      assert.ok(error instanceof LlmError, name);
      assert.equal(error.code, "AUTHENTICATION");
      assert.equal(error.message, "openai: apiKey: the vault is sealed");
      return error.cause === cause;
    });
    assert.equal((await mock.seen(key)).requests_count, 0);
  }
});

test("key_of_another_type_is_refused", async () => {
  for (const value of [undefined, null, 5, { secret: "x" }, ["k"]]) {
    const key = await mock.plan([GOOD]);
    const llm = mock.connect(key, { apiKey: () => value });
    await assert.rejects(WAYS.await(llm.invoke(REQUEST)), (error) => {
      assert.match(error.message, /the function returned .*expected a string/);
      return error.cause.code === "CONFIG";
    });
  }
});

test("credentials_are_for_providers_that_sign", async () => {
  const key = await mock.plan([GOOD]);
  const credentials = {
    awsAccessKeyId: "AKIA",
    awsSecretAccessKey: "s",
    awsSessionToken: null,
  };
  const llm = mock.connect(key, { apiKey: () => credentials });
  await assert.rejects(WAYS.await(llm.invoke(REQUEST)), {
    code: "CONFIG",
    message: /takes text/,
  });
});

test("a_request_that_asks_without_a_function_is_told", async () => {
  const llm = mock.connect(await mock.plan([GOOD]));
  await assert.rejects(
    WAYS.await(llm.invoke({ ...REQUEST, api_key: { ask: true } })),
    { code: "AUTHENTICATION", message: /is no function/ },
  );
});

test("key_that_never_comes_is_a_timeout", async () => {
  const { give, left } = hangs();
  const llm = mock.connect(await mock.plan([GOOD]), {
    apiKey: give,
    keyTimeoutMs: 50,
  });
  await assert.rejects(WAYS.await(llm.invoke(REQUEST)), {
    code: "TIMEOUT",
    timer: "key",
  });
  await isAborted(left);
});

test("key_that_is_awaited_can_be_cancelled", async () => {
  const ends = {
    CANCELLED: ({ stream }) => stream.cancel(),
    CLOSED: ({ llm }) => llm.close(),
  };
  for (const [code, end] of Object.entries(ends)) {
    const { give, entered, left } = hangs();
    const llm = mock.connect(await mock.plan([GOOD]), { apiKey: give });
    const stream = llm.invoke(REQUEST);
    const ended = assert.rejects(WAYS.await(stream), { code });
    await entered;
    end({ stream, llm });
    await ended;
    await isAborted(left);
  }
});

test("answer_that_comes_too_late_is_dropped", async () => {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const key = await mock.plan([GOOD]);
  const llm = mock.connect(key, {
    apiKey: () => released.then(() => NEW),
    keyTimeoutMs: 50,
  });
  await assert.rejects(WAYS.await(llm.invoke(REQUEST)), { code: "TIMEOUT" });
  release();
  await released;
  await llm.invoke(REQUEST, { apiKey: "text" });
  assert.deepEqual(await sent(key), ["text"]);
});

test("five_hundred_calls_share_one_function", async () => {
  const key = await mock.plan([GOOD]);
  const give = sync(NEW);
  const llm = mock.connect(key, { apiKey: async () => give() });
  const calls = Array.from({ length: 500 }, () =>
    WAYS.tokens(llm.invoke(REQUEST)),
  );
  const texts = new Set(await Promise.all(calls));
  assert.deepEqual([...texts], ["Hello world"]);
  assert.equal(give.asked, 500);
});

test("no_key_of_a_function_is_shown", async () => {
  const echo = (text, status) => ({ status, error: { message: text } });
  const key = await mock.plan([
    echo(`you sent ${OLD}`, 401),
    echo(`you sent ${OLD} and ${NEW}`, 400),
  ]);
  const llm = mock.connect(key, { apiKey: async(OLD, NEW) });
  const error = await WAYS.await(llm.invoke(REQUEST)).catch((error) => error);
  assert.equal(error.message.match(/\[REDACTED\]/g).length, 2);
  for (const secret of [OLD, NEW])
    assert.equal(shownPiece([error, llm], secret), null);
});

// A process waits for the key as it waits for the response, and ends when nobody reads. Only that
// keeps it: standard input, from which the key comes, does not.
test("exit_while_a_key_is_awaited", async () => {
  const key = await mock.plan([GOOD]);
  const program = (apiKey, last) => `
    import { once } from "node:events";
    import { LiterLlm } from "liter-llm";
    const apiKey = async () => { ${apiKey} };
    const llm = new LiterLlm({ provider: "openai", apiKey, baseUrl: "${mock.baseUrl(key)}" });
    const stream = llm.invoke(${JSON.stringify(REQUEST)});
    ${last}`;
  const asks = `
    console.log("asked");
    const read = once(process.stdin.setEncoding("utf8"), "data");
    process.stdin.unref();
    return (await read)[0];`;
  const awaited = await answered(
    program(asks, "console.log((await stream).text);"),
    NEW,
  );
  assert.deepEqual(awaited, [0, "asked\nHello world\n"]);
  assert.deepEqual(await sent(key), [NEW]);
  const leaves = `
    setImmediate(() => process.exit(3));
    return new Promise(() => {});`;
  const exited = await run(program(leaves, "stream.then(() => {}, () => {});"));
  assert.deepEqual([exited.code, exited.output], [3, ""]);
});

// Runs code that prints a line and then reads `line`; returns its end and what it printed.
async function answered(code, line) {
  const flags = ["--input-type=module", "-e", code];
  const stdio = ["pipe", "pipe", "inherit"];
  const options = { cwd: PACKAGE, stdio, timeout: 30_000 };
  const child = spawn(process.execPath, flags, options);
  const printed = read(child.stdout.setEncoding("utf8"));
  child.stdout.once("data", () => child.stdin.write(line));
  const [exitCode] = await once(child, "close");
  return [exitCode, (await printed).join("")];
}
