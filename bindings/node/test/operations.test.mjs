// embed, rerank, models and countTokens: what they have in common, and what the last three find.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";

import {
  CountTokensResponse,
  LiterLlm,
  LlmError,
  ModelsResponse,
  RerankResponse,
  Stats,
} from "liter-llm";

import { HANG, MESSAGES, Mock, collect, run, test } from "./support.mjs";

const mock = await Mock.start();
const GOOD = [{ answer: { text: "" } }];
const NEVER = [{ raw: [HANG] }];
const EXPIRED = { status: 401, error: { message: "expired" } };

// Each function with a request, and with the provider that has it.
const CALLS = {
  embed: [{ model: "m", input: ["one", "two"] }, "openai"],
  rerank: [{ model: "m", query: "fox", documents: ["dog", "fox"] }, "jina"],
  models: [{}, "openai"],
  countTokens: [{ model: "m", messages: MESSAGES }, "anthropic"],
};
const each = Object.entries(CALLS).map(([name, [request, provider]]) => ({
  name,
  request,
  call: (llm, options = {}) => llm[name](request, { provider, ...options }),
}));

const failureOf = (promise) => promise.then(assert.fail, (error) => error);

test("rerank_orders_documents", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key, { provider: "jina" });
  const documents = ["a dog", { text: "red fox", page: 3 }, "red"];
  const request = { model: "m", query: "red fox", documents };

  const response = await llm.rerank(request);
  const none = await llm.rerank({ ...request, documents: [] });

  assert.ok(response instanceof RerankResponse);
  const { outcome, provider, results, requests, warnings } = response;
  assert.deepEqual([outcome, provider, requests], ["complete", "jina", 1]);
  assert.deepEqual(
    results.map(({ document }) => document),
    [documents[1], documents[2], documents[0]],
  );
  assert.deepEqual(
    results.map(({ index }) => index),
    [1, 2, 0],
  );
  assert.ok(results[0].score > results[1].score);
  assert.ok(response.usage.inputTokens > 0 && response.totalMs > 0);
  assert.deepEqual([none.results, warnings], [[], []]);
  assert.equal((await mock.seen(key)).requests_count, 1);
});

test("stats_are_those_of_the_client", async () => {
  const key = await mock.plan(NEVER);
  const llm = mock.connect(key, { streamsMax: 1 });
  const none = await llm.stats();
  const controller = new AbortController();
  const request = { model: "m", messages: MESSAGES };
  const { signal } = controller;
  const calls = [1, 2, 3].map(() =>
    failureOf(Promise.resolve(llm.invoke(request, { signal }))),
  );
  await mock.wait(key, { requests: 1 });

  // Each call waits for its turn as soon as a thread of the library has looked at it.
  let stats = await llm.stats();
  while (stats.queued < 2) stats = await llm.stats();
  controller.abort();
  const failures = await Promise.all(calls);

  assert.ok(none instanceof Stats);
  assert.deepEqual({ ...none }, { live: 0, queued: 0, providers: {} });
  assert.deepEqual([stats.live, stats.queued], [3, 2]);
  assert.deepEqual(stats.providers, {
    openai: {
      requests: 1,
      retries: 0,
      rateLimited: 0,
      inputTokens: 0,
      outputTokens: 0,
      firstTokenP50Ms: null,
      firstTokenP99Ms: null,
    },
  });
  for (const { code } of failures) assert.equal(code, "CANCELLED");
});

test("models_are_those_of_all_pages", async () => {
  const key = await mock.plan(GOOD);
  const baseUrl = mock.baseUrl(key).replace(/v1$/, "v1beta");
  const llm = mock.connect(key, { provider: "gemini", baseUrl });

  const response = await llm.models();

  assert.ok(response instanceof ModelsResponse);
  assert.deepEqual([response.models.length, response.requests], [5, 3]);
  for (const { id, owner, raw } of response.models) {
    assert.ok(id.length > 0 && typeof raw === "object");
    assert.equal(owner, null);
  }
  assert.ok(response.models.some((model) => model.inputTokensMax > 0));
});

test("what_a_provider_says_of_a_model_is_in_our_words", async () => {
  const capabilities = ["completion", "vision", "new"];
  const data = [
    { id: "old", capabilities, lifecycle: "deprecated", shutdown_date: 5 },
    { id: "plain" },
  ];
  const key = await mock.plan([
    {
      status: 200,
      headers: [["content-type", "application/json"]],
      body: JSON.stringify({ object: "list", data }),
    },
  ]);

  const { models } = await mock.connect(key).models();

  const fields = models.map((model) => [
    model.capabilities,
    model.deprecated,
    model.retiresAt,
  ]);
  assert.deepEqual(fields[0], [["chat", "image_input"], true, 5]);
  assert.deepEqual(fields[1], [null, null, null]);
});

test("tokens_are_counted", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key, { provider: "anthropic" });
  const message = { role: "user", content: "one two three" };

  const response = await llm.countTokens({ model: "m", messages: [message] });

  assert.ok(response instanceof CountTokensResponse);
  const { inputTokens, tokenIds, outcome, model } = response;
  assert.deepEqual([inputTokens, tokenIds], [3, null]);
  assert.deepEqual([outcome, model], ["complete", "m"]);
});

test("operation_that_a_provider_does_not_have", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key, { provider: "anthropic" });

  const error = await failureOf(llm.embed(CALLS.embed[0]));

  assert.equal(error.code, "INVALID_REQUEST");
  assert.ok(error.message.includes("openai"), error.message);
  assert.equal((await mock.seen(key)).requests_count, 0);
});

test("key_is_renewed_when_it_expired", async () => {
  for (const { name, call } of each) {
    const key = await mock.plan([EXPIRED, ...GOOD]);
    const storage = new AsyncLocalStorage();
    const asked = [];
    const apiKey = async ({ signal }) => {
      asked.push([storage.getStore(), signal.aborted]);
      return `token-${asked.length}`;
    };
    const llm = mock.connect(key, { apiKey });

    const response = await storage.run(name, () => call(llm));

    assert.equal(response.attempts, 2, name);
    assert.deepEqual(asked, Array(2).fill([name, false]));
    const sent = JSON.stringify((await mock.seen(key)).requests);
    assert.ok(sent.includes("token-1") && sent.includes("token-2"));
    assert.ok(!sent.includes('"operation"'));
  }
});

test("error_of_a_key_function_is_the_cause", async () => {
  const key = await mock.plan(GOOD);
  const cause = new Error("no token");
  const apiKey = () => Promise.reject(cause);
  for (const { call } of each) {
    const error = await failureOf(call(mock.connect(key), { apiKey }));

    assert.deepEqual([error.code, error.cause], ["AUTHENTICATION", cause]);
  }
});

test("error_has_what_the_provider_said", async () => {
  const error = { message: "slow down", type: "requests" };
  const headers = [["retry-after-ms", "7"]];
  const key = await mock.plan([{ status: 429, headers, error }]);
  for (const { name, call } of each) {
    const failure = await failureOf(call(mock.connect(key)));

    assert.ok(failure instanceof LlmError);
    const { code, status, retryable, retryAfterMs, attempts } = failure;
    assert.deepEqual([code, status], ["RATE_LIMITED", 429]);
    assert.deepEqual([retryable, retryAfterMs, attempts], [true, 7, 1]);
    if (name === "embed") assert.equal(failure.partial.count, 0);
    else assert.equal(failure.partial, null);
  }
});

test("signal_cancels", async () => {
  for (const { call } of each) {
    const key = await mock.plan(NEVER);
    const llm = mock.connect(key);
    const aborter = new AbortController();
    const { signal } = aborter;
    const calls = [1, 2].map(() => failureOf(call(llm, { signal })));
    await mock.wait(key, { requests: 2 });
    assert.equal(getEventListeners(signal, "abort").length, 1);

    aborter.abort("enough");

    for (const { code, cause } of await Promise.all(calls))
      assert.deepEqual([code, cause], ["CANCELLED", "enough"]);
    await mock.wait(key, { closed: 2 });
    assert.equal(getEventListeners(signal, "abort").length, 0);

    const late = await failureOf(call(llm, { signal }));

    assert.deepEqual([late.code, late.cause], ["CANCELLED", "enough"]);
    assert.equal((await mock.seen(key)).requests_count, 2);
  }
});

test("close_ends_calls", async () => {
  for (const { call } of each) {
    const key = await mock.plan(NEVER);
    const llm = mock.connect(key);
    const live = failureOf(call(llm));
    await mock.wait(key, { requests: 1 });

    llm.close();

    assert.equal((await live).code, "CLOSED");
    assert.equal((await failureOf(call(llm))).code, "CLOSED");
    await mock.wait(key, { closed: 1 });
  }
});

// Nobody but the call itself holds the client.
test("client_is_kept_while_a_call_runs", async () => {
  const body = JSON.stringify({ object: "list", data: [{ id: "a" }] });
  const headers = [
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
  ];
  const head = { head: { status: 200, headers } };
  const raw = [{ await: "go" }, head, { write: body }];
  const key = await mock.plan([{ raw }]);
  const options = { provider: "openai", apiKey: "k" };
  const baseUrl = mock.baseUrl(key);
  const models = new LiterLlm({ ...options, baseUrl }).models();
  await mock.wait(key, { requests: 1 });
  let rounds = 0;
  await collect(async () => {
    await mock.seen(key);
    assert.ok(++rounds === 5);
  });

  await mock.signal(key, "go");

  assert.deepEqual(
    (await models).models.map(({ id }) => id),
    ["a"],
  );
});

// A pending call keeps the process alive; one that has ended does not, nor does a client.
test("process_lives_while_a_call_runs", async () => {
  const key = await mock.plan([{ ...GOOD[0], times: 1 }]);
  const code = `
    import { LiterLlm } from "liter-llm";
    const [baseUrl] = process.argv.slice(-1);
    globalThis.llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl });
    llm.embed({ model: "m", input: ["a", "b"] }).then(({ count }) => console.log(count));
  `;

  const ended = await run(code, mock.baseUrl(key));

  assert.deepEqual(ended, { code: 0, signal: null, output: "2\n" });
});

// Each call fails with its message, and sends nothing.
async function refuses(key, mistakes) {
  for (const [call, message] of mistakes) {
    const refused = { code: "INVALID_REQUEST", message };
    await assert.rejects(async () => call(), refused, message);
  }
  assert.equal((await mock.seen(key)).requests_count, 0);
}

test("requests_and_options_of_another_type_are_refused", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key);
  const { signal } = new AbortController();
  const [embed] = CALLS.embed;
  const mistakes = [
    [
      () => llm.embed(),
      "request must be an object with model and input, not undefined",
    ],
    [
      () => llm.embed(["a"]),
      "request must be an object with model and input, not a list",
    ],
    [
      () => llm.rerank("a"),
      'request must be an object with model, query and documents, not "a"',
    ],
    [() => llm.models(null), "request must be an object such as {}, not null"],
    [
      () => llm.countTokens(),
      "request must be an object with model and messages, not undefined",
    ],
    [
      () => llm.embed(embed, signal),
      "options must be an object such as { signal }, not an AbortSignal",
    ],
    [
      () => llm.embed(embed, { signal: 5 }),
      "signal: expected an AbortSignal, got 5; AbortSignal.timeout(5) makes one",
    ],
  ];

  await refuses(key, mistakes);
});

test("names_in_the_wrong_place_are_refused", async () => {
  const key = await mock.plan(GOOD);
  const llm = mock.connect(key);
  const { signal } = new AbortController();
  const [embed] = CALLS.embed;
  const mistakes = [
    [
      () => llm.embed({ ...embed, apiKey: "k" }),
      '"apiKey" is an option, not a field of a request; use embed(request, { apiKey })',
    ],
    [
      () => llm.countTokens({ ...embed, signal }),
      '"signal" is an option, not a field of a request; use countTokens(request, { signal })',
    ],
    [
      () => llm.embed({ ...embed, inputType: "query" }),
      '"inputType" is not a field of a request; did you mean "input_type"?',
    ],
    [
      () => llm.embed({ ...embed, operation: "rerank" }),
      'operation: "rerank" is not what embed() does; use rerank(request)',
    ],
    [
      () => llm.invoke({ ...embed, operation: "embed" }),
      'operation: "embed" is not what invoke() does; use embed(request)',
    ],
    [
      () => llm.models({ operation: "chat" }),
      'operation: "chat" is not what models() does; use invoke(request)',
    ],
    [
      () => llm.embed({ ...embed, input: [Number.NaN] }),
      "input[0]: expected a finite number, got NaN",
    ],
  ];

  await refuses(key, mistakes);
  const named = { ...embed, operation: "embed" };
  assert.equal((await llm.embed(named)).count, 2);
});
