// What an observer of calls is told, when, and in which context. liter-llm/otel has one.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createRequire } from "node:module";

import { LiterLlm } from "liter-llm";

import {
  FakeCore,
  HANG,
  Mock,
  REQUEST,
  collect,
  read,
  run,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const storage = new AsyncLocalStorage();
const require = createRequire(import.meta.url);
const { OBSERVER } = require("../lib/observer.cjs");

const HELLO = { answer: { text: "Hello world" } };

// Notes what it is told, with the context that is current.
class Notes {
  told = [];

  constructor(headers = {}) {
    this.headers = headers;
  }

  begin(fields, options) {
    this.told.push(["begin", storage.getStore(), fields.operation ?? "chat"]);
    this.options = options;
    return {
      headers: () => this.headers,
      end: (found) => this.told.push(["end", storage.getStore(), found]),
    };
  }
}

function observed(llm, observer) {
  Object.defineProperty(llm, OBSERVER, { value: observer });
  return llm;
}

const connect = async (observer, options) =>
  observed(mock.connect(await mock.plan([HELLO]), options), observer);

test("start_and_end_are_in_the_context_of_the_call", async () => {
  const notes = new Notes();
  const llm = await connect(notes);

  const stream = storage.run("caller", () => llm.invoke(REQUEST));
  assert.deepEqual(notes.told, []);
  await storage.run("reader", () => read(stream));

  const [begin, [what, where, { start, receipt, partial }]] = notes.told;
  assert.deepEqual(begin, ["begin", "caller", "chat"]);
  assert.deepEqual([what, where], ["end", "caller"]);
  assert.equal(start.provider, "openai");
  assert.equal(receipt.outcome, "complete");
  assert.equal(partial().text, "Hello world");
  assert.equal(notes.options.provider, "openai");
});

test("operations_are_observed_but_not_those_that_are_of_no_interest", async () => {
  const notes = new Notes();
  const llm = await connect(notes);

  await storage.run("a", () => llm.embed({ model: "m", input: "a" }));
  await connect({ begin: () => null }).then((other) => other.invoke(REQUEST));

  const [begin, [what, where, { receipt, partial }]] = notes.told;
  assert.deepEqual(begin, ["begin", "a", "embed"]);
  assert.deepEqual([what, where], ["end", "a"]);
  assert.equal(receipt.outcome, "complete");
  assert.equal(partial(), null);
});

// Who waits for the response finds the end told, and is not held up inside of a delivery.
test("the_end_is_told_after_the_delivery_and_before_the_reader_goes_on", async () => {
  const core = new FakeCore();
  const notes = new Notes();
  const { OBSERVER: observer } = core.observers;
  const llm = new core.LiterLlm({ provider: "openai" });
  Object.defineProperty(llm, observer, { value: notes });
  const ended = read(llm.invoke(REQUEST));

  core.deliver(1, [2, "Hello"], [7, '{"outcome":"complete"}']);

  assert.deepEqual(
    notes.told.map(([what]) => what),
    ["begin"],
  );
  const atEnd = ended.then(() => notes.told.length);
  assert.equal(await atEnd, 2);
});

test("an_unreadable_event_is_an_end", async () => {
  const core = new FakeCore();
  const notes = new Notes();
  const llm = new core.LiterLlm({ provider: "openai" });
  Object.defineProperty(llm, core.observers.OBSERVER, { value: notes });
  const ended = read(llm.invoke(REQUEST));

  core.deliver(1, [5, "no JSON"]);

  await assert.rejects(ended, { kind: "INTERNAL" });
  const [, [, , { receipt }]] = notes.told;
  assert.equal(receipt.error.kind, "INTERNAL");
});

test("headers_are_below_those_of_the_request_and_of_the_client", async () => {
  const more = { "x-ours": "1", "x-call": "1", "x-client": "1" };
  const key = await mock.plan([HELLO]);
  const headers = { "X-Client": "of the client" };
  const llm = observed(mock.connect(key, { headers }), new Notes(more));

  await llm.invoke(REQUEST, { headers: { "X-Call": "of the call" } });

  const [request] = (await mock.seen(key)).requests;
  const sent = request.headers
    .map(([name, text]) => [name.toLowerCase(), text])
    .filter(([name]) => name in more);
  assert.deepEqual(
    new Map(sent),
    new Map(
      Object.entries({
        "x-ours": "1",
        "x-call": "of the call",
        "x-client": "of the client",
      }),
    ),
  );
  assert.equal(sent.length, 3);
});

test("a_stream_that_nobody_holds_has_an_end", async () => {
  const notes = new Notes();
  const key = await mock.plan([streaming(token("one"), HANG)]);
  const llm = observed(mock.connect(key), notes);
  const leave = async () => {
    const reader = llm.invoke(REQUEST)[Symbol.asyncIterator]();
    assert.equal((await reader.next()).value, "one");
  };
  await storage.run({ big: new Array(1000) }, leave);

  await collect(async () => {
    await mock.seen(key);
    assert.equal(notes.told.length, 2);
  });

  const [, [, , { receipt, partial }]] = notes.told;
  assert.equal(receipt.outcome, "cancelled");
  assert.equal(partial().text, "one");
});

test("an_observer_that_fails_is_a_warning", async () => {
  const fails = (message) => () => {
    throw new Error(message);
  };
  for (const observer of [
    { begin: fails("begin") },
    { begin: () => ({ headers: fails("headers"), end: () => {} }) },
    { begin: () => ({ headers: () => ({}), end: fails("end") }) },
  ]) {
    const llm = await connect(observer);
    const warned = once(process, "warning");

    assert.equal((await llm.invoke(REQUEST)).text, "Hello world");

    const [{ message }] = await warned;
    assert.match(message, /^liter-llm: the observer failed: \w+$/);
  }
});

test("a_request_that_cannot_be_sent_has_an_end", async () => {
  const notes = new Notes();
  const llm = await connect(notes);
  const messages = [{ role: "user", content: 1n }];

  const asked = storage.run("a", () => llm.invoke({ ...REQUEST, messages }));
  const { kind, message } = await asked.then(assert.fail, (error) => error);

  assert.equal(kind, "INVALID_REQUEST");
  const [begin, [what, where, { start, receipt, partial }]] = notes.told;
  assert.deepEqual(begin, ["begin", "a", "chat"]);
  assert.deepEqual([what, where], ["end", "a"]);
  assert.deepEqual(start, {});
  assert.deepEqual(receipt, { outcome: "failed", error: { kind, message } });
  assert.equal(partial(), null);
  assert.equal(notes.told.length, 2);
});

test("nobody_observes_by_default", async () => {
  assert.equal(new LiterLlm()[OBSERVER], null);
  const code = `
    import "liter-llm";
    import { createRequire } from "node:module";
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(loaded.filter((file) => /[/]otel[.]|integrations|opentelemetry/.test(file)));`;

  const { output } = await run(code);

  assert.equal(output, "[]\n");
});
