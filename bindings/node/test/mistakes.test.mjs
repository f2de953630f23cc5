// The mistakes that users are most likely to make, each with the whole message that they read.
import assert from "node:assert/strict";

import { LiterLlm, LlmError } from "liter-llm";

import { SCHEMA } from "../generate.mjs";
import { MESSAGES, Mock, REQUEST, read, test } from "./support.mjs";

const mock = await Mock.start();
const key = await mock.plan([{ answer: { text: "Hello" } }]);

// The mistakes are made with a LiterLlm that works.
const connect = (options) => mock.connect(key, options);
const ask = (request, options) => connect().invoke(request, options);
const askWith = (fields) => ask({ ...REQUEST, ...fields });
const askWithOptions = (options) => connect(options).invoke(REQUEST);

const CIRCULAR = { role: "user", content: "Hello" };
CIRCULAR.previous = [CIRCULAR];
const changing = (values) => ({
  get field() {
    return values.shift();
  },
});
const TOOL = { type: "function", function: { name: "f" } };

const REQUESTS = {
  a_request_that_is_text: [
    () => ask("Hello"),
    'request must be an object with model and messages, not "Hello"',
  ],
  no_request: [
    () => ask(),
    "request must be an object with model and messages, not undefined",
  ],
  messages_as_a_request: [
    () => ask(MESSAGES),
    "request must be an object with model and messages, not a list",
  ],
  a_bigint: [
    () => askWith({ seed: 7n }),
    "seed: expected a number, got the BigInt 7n",
  ],
  not_a_number: [
    () => askWith({ temperature: Number("hot") }),
    "temperature: expected a finite number, got NaN",
  ],
  an_infinite_number: [
    () => askWith({ metadata: { levels: [1, [-1 / 0]] } }),
    "metadata.levels[1][0]: expected a finite number, got -Infinity",
  ],
  a_function: [
    () => askWith({ tools: [{ ...TOOL, execute() {} }] }),
    "tools[0].execute: a function cannot be sent",
  ],
  a_symbol: [
    () => askWith({ user: Symbol("me") }),
    "user: a symbol cannot be sent",
  ],
  undefined_in_a_list: [
    () => ask({ ...REQUEST, messages: [...MESSAGES, undefined] }),
    "messages[1]: undefined cannot be sent in a list",
  ],
  a_circular_message: [
    () => ask({ ...REQUEST, messages: [CIRCULAR] }),
    "messages[0].previous[0]: a circular reference cannot be sent",
  ],
  a_promise_that_nobody_awaited: [
    () => askWith({ messages: [{ role: "user", content: Promise.resolve() }] }),
    "messages[0].content: a Promise cannot be sent; await it",
  ],
  a_map: [
    () => askWith({ metadata: new Map([["a", 1]]) }),
    "metadata: a Map cannot be sent; pass an object",
  ],
  a_set: [
    () => askWith({ stop: new Set(["a"]) }),
    "stop: a Set cannot be sent; pass an array",
  ],
  a_getter_that_gives_another_value_each_time: [
    () => askWith({ metadata: changing([Promise.resolve(), "text"]) }),
    /^request: cannot be written as JSON: a Promise cannot be sent; await it$/,
  ],
  a_to_json_that_throws: [
    () => askWith({ user: { toJSON: () => JSON.parse("{") } }),
    /^request: cannot be written as JSON: .+/,
  ],
  an_option_in_the_request: [
    () => askWith({ apiKey: "k" }),
    '"apiKey" is an option, not a field of a request; use invoke(request, { apiKey })',
  ],
  a_signal_in_the_request: [
    () => askWith({ signal: AbortSignal.timeout(60_000) }),
    '"signal" is an option, not a field of a request; use invoke(request, { signal })',
  ],
  an_option_of_the_client_in_the_request: [
    () => askWith({ workerThreads: 2 }),
    '"workerThreads" is an option of the client, not of a call',
  ],
  an_extra_body_twice: [
    () => askWith({ extraBody: {}, extra_body: {} }),
    '"extraBody" and "extra_body" are one field; set one of them',
  ],
};

const CALL_OPTIONS = {
  a_signal_in_place_of_options: [
    () => ask(REQUEST, AbortSignal.timeout(60_000)),
    "options must be an object such as { signal }, not an AbortSignal",
  ],
  a_provider_in_place_of_options: [
    () => ask(REQUEST, "openai"),
    'options must be an object such as { signal }, not "openai"',
  ],
  a_timeout_in_place_of_a_signal: [
    () => ask(REQUEST, { signal: 5000 }),
    "signal: expected an AbortSignal, got 5000; AbortSignal.timeout(5000) makes one",
  ],
  a_controller_in_place_of_a_signal: [
    () => ask(REQUEST, { signal: new AbortController() }),
    "signal: expected an AbortSignal, got an instance of AbortController; pass its signal",
  ],
  a_timeout_in_words: [
    () => ask(REQUEST, { totalTimeoutMs: "30s" }),
    'totalTimeoutMs: expected a whole number of milliseconds, got "30s"',
  ],
  a_bigint_as_an_option: [
    () => ask(REQUEST, { idleTimeoutMs: 5n }),
    "idleTimeoutMs: expected a number, got the BigInt 5n",
  ],
  collect_in_words: [
    () => ask(REQUEST, { collect: "no" }),
    'collect: expected true or false, got "no"',
  ],
};

const CALL_NAMES = {
  a_misspelled_option: [
    () => ask(REQUEST, { idleTimoutMs: 5 }),
    'option "idleTimoutMs" is unknown; did you mean "idleTimeoutMs"?',
  ],
  an_option_of_another_library: [
    () => ask(REQUEST, { maxRetries: 2 }),
    'option "maxRetries" is unknown; did you mean "retriesMax"?',
  ],
  a_timeout_without_its_timer: [
    () => ask(REQUEST, { timeout: 30 }),
    'option "timeout" is unknown; did you mean "keyTimeoutMs", "idleTimeoutMs" or ' +
      '"totalTimeoutMs"?',
  ],
  an_option_that_nothing_is_like: [
    () => ask(REQUEST, { frobnicate: 1 }),
    'option "frobnicate" is unknown',
  ],
  a_field_of_a_request: [
    () => ask(REQUEST, { maxTokens: 5 }),
    '"maxTokens" is a field of a request, not an option; set request.max_tokens',
  ],
  an_option_of_the_client: [
    () => ask(REQUEST, { streamWindowBytes: 4096 }),
    '"streamWindowBytes" is an option of the client, not of a call',
  ],
  a_logger_of_a_call: [
    () => ask(REQUEST, { logger: console }),
    '"logger" is an option of the client, not of a call',
  ],
  a_timer_in_other_letters: [
    () => ask(REQUEST, { firstTokenTimeoutMS: 5 }),
    'option "firstTokenTimeoutMS" is unknown; did you mean "firstTokenTimeoutMs"?',
  ],
};

const CLIENT_OPTIONS = {
  a_provider_in_place_of_the_options: [
    () => new LiterLlm("openai"),
    'options must be an object such as { provider: "openai" }, not "openai"',
  ],
  options_that_are_null: [
    () => new LiterLlm(null),
    'options must be an object such as { provider: "openai" }, not null',
  ],
  a_misspelled_option_of_the_client: [
    () => askWithOptions({ baseURL: "http://localhost" }),
    'option "baseURL" is unknown; did you mean "baseUrl"?',
  ],
  a_signal_for_all: [
    () => askWithOptions({ signal: AbortSignal.timeout(60_000) }),
    '"signal" is an option of a call, not of the client',
  ],
  a_model_for_all: [
    () => askWithOptions({ model: "gpt-4o-mini" }),
    '"model" is a field of a request, not an option of a client',
  ],
  an_extra_body_for_all: [
    () => askWithOptions({ extraBody: {} }),
    '"extraBody" is a field of a request, not an option of a client',
  ],
  a_timeout_below_zero: [
    () => askWithOptions({ idleTimeoutMs: -1 }),
    "option idleTimeoutMs: must be at least 0, got -1",
  ],
  a_header_that_is_a_function: [
    () => askWithOptions({ headers: { "X-Key": () => "k" } }),
    "headers.X-Key: a function cannot be sent",
  ],
  headers_that_are_no_object: [
    () => askWithOptions({ headers: new Headers({ "x-a": "b" }) }),
    "option headers: expected an object of texts, got an instance of Headers; " +
      "use Object.fromEntries(headers)",
  ],
  a_base_url_that_is_a_function: [
    () => askWithOptions({ baseUrl: () => "k" }),
    "baseUrl: a function cannot be sent",
  ],
};

async function errorOf(use) {
  try {
    await use();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

for (const [code, table] of [
  ["INVALID_REQUEST", { ...REQUESTS, ...CALL_OPTIONS }],
  ["CONFIG", { ...CALL_NAMES, ...CLIENT_OPTIONS }],
]) {
  for (const [name, [use, message]] of Object.entries(table)) {
    test(`mistake: ${name}`, async () => {
      const error = await errorOf(use);

      assert.ok(error instanceof LlmError, String(error));
      assert.equal(error.code, code);
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.equal((await mock.seen(key)).requests_count, 0);
    });
  }
}

const PROVIDERS = SCHEMA.providers.map(({ name }) => name);
const OTHERS = {
  no_key: [
    () => new LiterLlm({ provider: "openai" }).invoke(REQUEST),
    "CONFIG",
    "no key; set OPENAI_API_KEY or apiKey",
  ],
  an_unknown_provider: [
    () => new LiterLlm({ provider: "opneai" }).invoke(REQUEST),
    "CONFIG",
    'provider "opneai" is unknown; did you mean "openai"?',
  ],
  a_provider_of_no_name: [
    () => new LiterLlm({ provider: "nobody" }).invoke(REQUEST),
    "CONFIG",
    `provider "nobody" is unknown; known are: ${PROVIDERS.join(", ")}`,
  ],
  a_signal_that_was_aborted_before: [
    () => ask(REQUEST, { signal: AbortSignal.abort() }),
    "CANCELLED",
    "the signal was aborted before the stream started",
  ],
  a_stream_that_was_cancelled_before: [
    () => {
      const stream = ask(REQUEST);
      stream.cancel();
      return stream;
    },
    "CANCELLED",
    "the stream was cancelled before it started",
  ],
  a_client_that_was_closed: [
    () => {
      const llm = connect();
      llm.close();
      return llm.invoke(REQUEST);
    },
    "CLOSED",
    "this LiterLlm is closed; make a new one",
  ],
};

for (const [name, [use, code, message]] of Object.entries(OTHERS)) {
  test(`mistake: ${name}`, async () => {
    const error = await errorOf(use);

    assert.ok(error instanceof LlmError, String(error));
    assert.deepEqual([error.code, error.message], [code, message]);
    assert.equal((await mock.seen(key)).requests_count, 0);
  });
}

// Misuse of JavaScript itself, or of a stream, is a TypeError.
const TYPE_ERRORS = {
  new_is_forgotten: [
    () => LiterLlm({ provider: "openai" }),
    "Class constructor LiterLlm cannot be invoked without 'new'",
  ],
  a_stream_is_read_twice: [
    async () => {
      const stream = ask(REQUEST);
      await read(stream);
      return read(stream);
    },
    "a stream can be read only once; call invoke() again for a new one",
  ],
  a_stream_has_two_readers: [
    () => {
      const stream = ask(REQUEST);
      stream.events();
      return stream[Symbol.asyncIterator]();
    },
    "a stream can be read only once; call invoke() again for a new one",
  ],
  a_stream_is_awaited_while_it_is_read: [
    () => {
      const stream = ask(REQUEST);
      const reader = stream[Symbol.asyncIterator]();
      reader.next();
      return stream;
    },
    "a reader of this stream waits for its next item; await the stream later",
  ],
  a_response_that_is_not_collected_has_no_message: [
    async () => (await ask(REQUEST, { collect: false })).message,
    "the response was not collected, because collect is false; there is no message",
  ],
};

for (const [name, [use, message]] of Object.entries(TYPE_ERRORS)) {
  test(`misuse: ${name}`, async () => {
    const error = await errorOf(use);

    assert.ok(error instanceof TypeError, String(error));
    assert.equal(error.message, message);
  });
}

// No mistakes: fields that are undefined, values with toJSON, and one object in two places.
test("values_that_json_has_are_sent", async () => {
  const own = await mock.plan([{ answer: { text: "Hello" } }]);
  const shared = { type: "text", text: "Hello" };
  const date = new Date(0);

  await mock.connect(own).invoke({
    ...{ model: "m", temperature: undefined, user: null, since: date },
    messages: [{ role: "user", content: [shared, shared] }],
    extra_body: { matrix: [[1], [], [null]] },
  });

  const [{ body }] = (await mock.seen(own)).requests;
  assert.deepEqual(body, {
    ...{ model: "m", since: date.toISOString(), matrix: [[1], [], [null]] },
    messages: [{ role: "user", content: [shared, shared] }],
  });
});
