// The second argument has options of a call and nothing else, in every function alike; and the
// core's errors name options as JavaScript does.
import assert from "node:assert/strict";

import { LlmError } from "liter-llm";

import {
  HANG,
  MESSAGES,
  Mock,
  REQUEST,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const EMBED = { model: "m", input: ["one", "two"] };
const RERANK = { model: "m", query: "fox", documents: ["dog", "fox"] };
const ROWS = [{ id: "a", request: REQUEST }];

// Each function that takes options.
const FUNCTIONS = {
  invoke: (llm, options) => llm.invoke(REQUEST, options),
  events: (llm, options) => llm.invoke(REQUEST, options).events().next(),
  map: (llm, options) => llm.map([REQUEST], options).next(),
  embed: (llm, options) => llm.embed(EMBED, options),
  rerank: (llm, options) => llm.rerank(RERANK, options),
  models: (llm, options) => llm.models({}, options),
  countTokens: (llm, options) => llm.countTokens(REQUEST, options),
  "batch.submit": ({ batch }, options) => batch.submit(ROWS, options),
  "batch.status": ({ batch }, options) => batch.status("b", options),
  "batch.results": ({ batch }, options) =>
    batch.results("b", options)[Symbol.asyncIterator]().next(),
  "batch.cancel": ({ batch }, options) => batch.cancel("b", options),
  "batch.list": ({ batch }, options) => batch.list(options),
};

async function errorOf(use) {
  try {
    await use();
  } catch (error) {
    assert.ok(error instanceof LlmError, String(error));
    return [error.code, error.message];
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

const MISTAKES = [
  [
    { idleTimoutMs: 1 },
    'option "idleTimoutMs" is unknown; did you mean "idleTimeoutMs"?',
  ],
  [
    { retriesMx: 1 },
    'option "retriesMx" is unknown; did you mean "retriesMax"?',
  ],
  [{ frobnicate: 1 }, 'option "frobnicate" is unknown'],
  [
    { workerThreads: 1 },
    '"workerThreads" is an option of the client, not of a call',
  ],
  [{ logger() {} }, '"logger" is an option of the client, not of a call'],
];

for (const [name, call] of Object.entries(FUNCTIONS)) {
  test(`${name} takes no option that is none of a call`, async () => {
    const key = await mock.plan([{ answer: { text: "Hello" } }]);
    const llm = mock.connect(key);
    for (const [options, message] of MISTAKES) {
      const error = await errorOf(async () => call(llm, options));
      assert.deepEqual(error, ["CONFIG", message]);
    }
    assert.equal((await mock.seen(key)).requests_count, 0);
  });
}

test("options_of_one_function_are_not_those_of_another", async () => {
  const llm = mock.connect("never-asked");
  for (const [call, message] of [
    [
      () => llm.rerank(RERANK, { topN: 1 }),
      '"topN" is a field of a request, not an option; set request.top_n',
    ],
    [() => llm.embed(EMBED, { topN: 1 }), 'option "topN" is unknown'],
    [() => llm.embed(EMBED, { collect: false }), 'option "collect" is unknown'],
    [() => llm.embed(EMBED, { output: {} }), 'option "output" is unknown'],
    [() => llm.models({}, { extraBody: {} }), 'option "extraBody" is unknown'],
    [
      () => llm.invoke(REQUEST, { concurrency: 2 }),
      'option "concurrency" is unknown',
    ],
  ])
    assert.deepEqual(await errorOf(async () => call()), ["CONFIG", message]);
});

test("extra_body_may_stand_in_a_request", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key);
  const extraBody = { top_k: 3, ourOwn: { camelCase: 1 } };

  await llm.invoke({ ...REQUEST, extraBody });
  await llm.invoke({ ...REQUEST, extra_body: extraBody });
  await llm.invoke(REQUEST, { extraBody });
  await llm.embed({ ...EMBED, extraBody });

  const { requests } = await mock.seen(key);
  for (const { body } of requests) {
    assert.deepEqual([body.top_k, body.ourOwn], [3, { camelCase: 1 }]);
    assert.ok(!("extraBody" in body || "extra_body" in body));
  }
  assert.equal(requests.length, 4);
});

// A key in a fallback would reach the provider if its name stayed as it is.
test("fallbacks_have_options_in_camel_case", async () => {
  const [first, second] = [
    await mock.plan([{ status: 503, error: { message: "no" } }]),
    await mock.plan([{ answer: { text: "Hello" } }]),
  ];
  const fallback = {
    ...{ model: "other", apiKey: "other-key", max_tokens: 7 },
    ...{ baseUrl: mock.baseUrl(second), extraBody: { ourOwn: 1 } },
  };
  const llm = mock.connect(first);

  for (const { text } of [
    await llm.invoke(REQUEST, { fallbacks: [fallback] }),
    await mock.connect(first, { fallbacks: [fallback] }).invoke(REQUEST),
  ])
    assert.equal(text, "Hello");

  const { requests } = await mock.seen(second);
  for (const { headers, body } of requests) {
    const sent = Object.fromEntries(headers);
    assert.equal(sent.authorization, "Bearer other-key");
    const expected = { model: "other", max_tokens: 7, ourOwn: 1 };
    for (const [name, value] of Object.entries(expected))
      assert.equal(body[name], value, name);
    assert.ok(!("apiKey" in body || "baseUrl" in body));
  }
});

// Names that are options of ours stay as they are where they are somebody else's.
test("errors_leave_names_inside_of_objects", async () => {
  const llm = mock.connect("never-asked");
  const invoke = (fields, options) =>
    errorOf(() => llm.invoke({ ...REQUEST, ...fields }, options));

  for (const [error, message] of [
    [
      await invoke({ metadata: { api_key: () => 1 } }),
      "metadata.api_key: a function cannot be sent",
    ],
    [
      await invoke({}, { fallbacks: [{ model: "m", idleTimeoutMs: "x" }] }),
      /^fallbacks\[0\]\.idleTimeoutMs: expected a whole number/,
    ],
  ]) {
    assert.equal(error[0], "INVALID_REQUEST");
    if (typeof message === "string") assert.equal(error[1], message);
    else assert.match(error[1], message);
  }
});

test("errors_of_a_response_name_options_in_camel_case", async () => {
  const slow = await mock.plan([streaming(token("Hello"), HANG)]);
  const silent = await mock.plan([streaming(HANG)]);
  const wrong = await mock.plan([
    { status: 401, error: { message: "no api_key; see base_url" } },
  ]);
  const long = await mock.plan([streaming(token("x".repeat(4096)), HANG)]);
  const cases = [
    [slow, { idleTimeoutMs: 20 }, /within idleTimeoutMs$/],
    [silent, { firstTokenTimeoutMs: 20 }, /within firstTokenTimeoutMs$/],
    [long, { eventBytesMax: 1024 }, /; raise eventBytesMax$/],
    // What the provider says stays as it is.
    [wrong, {}, /no api_key; see base_url; set OPENAI_API_KEY or apiKey$/],
  ];
  for (const [key, options, expected] of cases) {
    const llm = mock.connect(key, options);
    const [, message] = await errorOf(async () => {
      for await (const _ of llm.invoke({ model: "m", messages: MESSAGES }));
    });
    assert.match(message, expected);
  }
});

test("headers_of_the_web_are_refused", async () => {
  const llm = mock.connect(await mock.plan([]));
  for (const headers of [new Headers({ "x-a": "b" }), new Map()]) {
    const [kind, message] = await errorOf(() =>
      llm.invoke(REQUEST, { headers }),
    );
    assert.equal(kind, "INVALID_REQUEST");
    assert.match(message, /^option headers: .*; use Object.fromEntries/);
  }
});
