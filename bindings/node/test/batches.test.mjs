// batch: submission, state, results row by row, what ends them early, and what is refused.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { Batch, BatchResults, LlmError } from "liter-llm";

import {
  FakeCore,
  HANG,
  MESSAGES,
  Mock,
  REQUEST,
  answeredRow,
  document,
  read,
  rowFile,
  rowLines,
  test,
} from "./support.mjs";

const mock = await Mock.start();
const { EventKind } = createRequire(import.meta.url)("../lib/schema.cjs");
const ROWS = ["a", "b"].map((id) => ({
  id,
  request: { model: "m", messages: MESSAGES },
}));
const BATCH = {
  ...{ id: "batch-1", status: "validating" },
  endpoint: "/v1/chat/completions",
  created_at: 1_700_000_000,
  request_counts: { total: 2, completed: 0, failed: 0 },
  metadata: { team: "x", liter_batch: "mark" },
};
const DONE = {
  ...{ ...BATCH, status: "completed" },
  ...{ output_file_id: "out", error_file_id: "err" },
};
const ONE_FILE = document({ ...DONE, error_file_id: null });
const REFUSED = {
  custom_id: "b",
  response: {
    status_code: 429,
    body: { error: { message: "slow", code: "rate_limit" } },
  },
};

// A connection that promises more than these rows, and what it does next.
const cut = (rows, ...next) => ({
  raw: [
    {
      write:
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n" +
        `content-length: 99999999\r\n\r\n${rowLines(...rows)}`,
    },
    ...next,
  ],
});

const handleOf = (key) =>
  JSON.stringify({
    ...{ provider: "openai", id: "batch-1" },
    base_url: mock.baseUrl(key),
  });
const failureOf = (promise) => promise.then(assert.fail, (error) => error);

test("a_submitted_batch_is_found_by_its_handle", async () => {
  const steps = [document({ id: "file-1" }), document(BATCH), document(DONE)];
  const key = await mock.plan(steps);
  const metadata = { team: "x" };

  const batch = await mock.connect(key).batch.submit(ROWS, { metadata });

  assert.ok(batch instanceof Batch);
  const { id, state, stateRaw, provider, createdAt, endedAt, error } = batch;
  assert.deepEqual(
    [id, state, stateRaw, provider, createdAt, endedAt, error],
    [
      ...["batch-1", "validating", "validating", "openai"],
      ...[1_700_000_000, null, null],
    ],
  );
  assert.deepEqual(batch.counts, { total: 2, succeeded: 0, failed: 0 });
  assert.equal(batch.metadata.team, "x");
  assert.equal(JSON.parse(batch.batch).base_url, mock.baseUrl(key));
  const { requests } = await mock.seen(key);
  assert.deepEqual(
    requests.map(({ path }) => path.split("/v1").at(-1)),
    ["/files", "/batches"],
  );
  // By the handle alone, with a client that knows the key.
  const other = mock.connect("unused", { baseUrl: undefined });
  assert.equal((await other.batch.status(batch.batch)).state, "ended");
});

test("rows_of_an_async_iterable_are_submitted", async () => {
  const key = await mock.plan([document({ id: "file-1" }), document(BATCH)]);
  async function* rows() {
    yield* ROWS;
  }

  await mock.connect(key).batch.submit(rows(), { expiresAfterS: 3600 });

  const [, { body }] = (await mock.seen(key)).requests;
  assert.equal(body.output_expires_after.seconds, 3600);
});

test("a_failed_batch_says_why", async () => {
  const data = [{ message: "no such model", code: "model_not_found" }];
  const state = { ...BATCH, status: "failed", errors: { data } };
  const key = await mock.plan([document(state)]);

  const batch = await mock.connect(key).batch.status(handleOf(key));

  assert.equal(batch.state, "failed");
  assert.ok(batch.error instanceof LlmError);
  assert.match(batch.error.message, /no such model/);
});

test("batches_are_cancelled_and_listed", async () => {
  const page = document({ object: "list", data: [BATCH, DONE] });
  const cancelling = document({ ...BATCH, status: "cancelling" });
  const key = await mock.plan([cancelling, page, page]);
  const { batch } = mock.connect(key);

  const cancelled = await batch.cancel(handleOf(key));
  const all = await batch.list();
  const one = await batch.list({ limit: 1 });

  assert.equal(cancelled.state, "cancelling");
  assert.deepEqual(
    all.map(({ state }) => state),
    ["validating", "ended"],
  );
  assert.equal(one.length, 1);
  assert.ok(one[0] instanceof Batch);
});

test("results_are_rows_of_both_files", async () => {
  const files = [rowFile(answeredRow("a", "hello")), rowFile(REFUSED)];
  const key = await mock.plan([document(DONE), ...files]);

  const results = mock.connect(key).batch.results(handleOf(key));
  const rows = await read(results);

  assert.ok(results instanceof BatchResults);
  assert.deepEqual(
    rows.map(({ id, outcome }) => [id, outcome]),
    [
      ["a", "succeeded"],
      ["b", "failed"],
    ],
  );
  const [first, second] = rows;
  const { text, finishReason, vectors } = first.response;
  assert.deepEqual([text, finishReason, vectors], ["hello", "stop", null]);
  assert.deepEqual([first.error, second.response], [null, null]);
  assert.ok(second.error instanceof LlmError);
  const { kind, status, retryable } = second.error;
  assert.deepEqual([kind, status, retryable], ["RATE_LIMITED", 429, true]);
});

test("results_have_all_that_a_response_may_have", async () => {
  const row = answeredRow("a", "hello");
  const { body } = row.response;
  body.usage = { prompt_tokens: 3, completion_tokens: 2 };
  body.choices[0].message.tool_calls = [
    { id: "1", type: "function", function: { name: "f", arguments: "{}" } },
  ];
  const data = [{ index: 0, embedding: [0.5, 1] }];
  const vectors = { status_code: 200, body: { object: "list", data } };
  const file = rowFile(row, { custom_id: "v", response: vectors });
  const key = await mock.plan([ONE_FILE, file]);

  const [chat, embedded] = await read(
    mock.connect(key).batch.results(handleOf(key)),
  );

  assert.equal(chat.response.usage.inputTokens, 3);
  const [call] = chat.response.toolCalls;
  assert.deepEqual([call.id, call.name, call.arguments], ["1", "f", "{}"]);
  assert.deepEqual(embedded.response.vectors, [Float32Array.of(0.5, 1)]);
  assert.equal(embedded.response.dimensions, 2);
});

test("a_batch_stands_in_for_its_handle", async () => {
  const key = await mock.plan([document(BATCH), ONE_FILE, rowFile()]);
  const { batch } = mock.connect(key);

  const state = await batch.status(handleOf(key));

  assert.deepEqual(await read(batch.results(state)), []);
});

// More rows than a window holds.
test("results_of_any_number_come_as_they_are_read", async () => {
  const names = Array.from({ length: 2000 }, (_, number) => String(number));
  const file = rowFile(
    ...names.map((name) => answeredRow(name, "x".repeat(200))),
  );
  const key = await mock.plan([ONE_FILE, file]);
  const llm = mock.connect(key, { streamWindowBytes: 4096 });

  const rows = await read(llm.batch.results(handleOf(key)));

  assert.deepEqual(
    rows.map(({ id }) => id),
    names,
  );
});

// Rows that nobody has taken close the window.
test("rows_are_acknowledged_once_they_were_taken", async () => {
  const core = new FakeCore();
  const llm = new core.LiterLlm({ streamWindowBytes: 4 });
  const rows = llm.batch.results("handle")[Symbol.asyncIterator]();
  const row = JSON.stringify({ id: "a", outcome: "expired" });
  const first = rows.next();
  await Promise.resolve();
  core.deliver(1, [EventKind.RESULT, row], [EventKind.RESULT, row]);

  const { value } = await first;
  const before = core.callsOf("acknowledge");
  await rows.next();
  const last = rows.next();
  const after = core.callsOf("acknowledge");
  core.deliver(1, [EventKind.END, JSON.stringify({ outcome: "complete" })]);

  const never = { response: null, error: null };
  assert.deepEqual(value, { id: "a", outcome: "expired", ...never });
  assert.deepEqual([before, after], [[], [[1, 2 * row.length]]]);
  assert.deepEqual(await last, { value: undefined, done: true });
});

test("results_that_are_cut_give_their_rows_and_then_the_error", async () => {
  const key = await mock.plan([ONE_FILE, cut([answeredRow("a", "one")])]);
  const found = [];

  const error = await failureOf(
    (async () => {
      for await (const { id } of mock.connect(key).batch.results(handleOf(key)))
        found.push(id);
    })(),
  );

  assert.deepEqual(found, ["a"]);
  assert.deepEqual([error.kind, error.partial], ["TRUNCATED", null]);
});

test("leaving_a_loop_closes_the_connection", async () => {
  const file = cut([answeredRow("a", "one")], HANG);
  const key = await mock.plan([ONE_FILE, file]);

  for await (const { id } of mock.connect(key).batch.results(handleOf(key))) {
    assert.equal(id, "a");
    break;
  }

  await mock.wait(key, { closed: 1 });
});

test("a_signal_ends_results", async () => {
  const file = cut([answeredRow("a", "one")], HANG);
  const key = await mock.plan([ONE_FILE, file]);
  const controller = new AbortController();
  const { signal } = controller;
  const results = mock.connect(key).batch.results(handleOf(key), { signal });
  const reason = new Error("enough");

  const error = await failureOf(
    (async () => {
      for await (const _ of results) controller.abort(reason);
    })(),
  );

  assert.deepEqual([error.kind, error.cause], ["CANCELLED", reason]);
  await mock.wait(key, { closed: 1 });
});

test("results_are_read_once_and_can_be_cancelled", async () => {
  const key = await mock.plan([ONE_FILE, rowFile(answeredRow("a", "one"))]);
  const { batch } = mock.connect(key);
  const results = batch.results(handleOf(key));
  assert.equal((await read(results)).length, 1);

  await assert.rejects(read(results), {
    name: "TypeError",
    message: /call batch\.results\(\) again/,
  });
  const cancelled = batch.results(handleOf(key));
  cancelled.cancel();
  await assert.rejects(read(cancelled), { code: "CANCELLED" });
});

test("results_before_the_end_are_an_error", async () => {
  const key = await mock.plan([document(BATCH)]);

  await assert.rejects(read(mock.connect(key).batch.results(handleOf(key))), {
    code: "INVALID_REQUEST",
    message: /the batch is validating/,
  });
});

test("a_wrong_row_is_named_and_nothing_is_sent", async () => {
  const key = await mock.plan([document({ id: "file-1" })]);
  const { batch } = mock.connect(key);
  const chat = { model: "m", messages: MESSAGES };
  const requests = [
    [{ model: "m" }, /requests\[1\]\.request\.messages is missing/],
    [
      { ...chat, apiKey: "secret" },
      /^requests\[1\]\.request: "apiKey" is an option of the call, not of a row; use batch\.submit/,
    ],
    [
      { ...chat, api_key: "secret" },
      /requests\[1\]\.request\.apiKey is an option/,
    ],
    [{ ...chat, collect: false }, /"collect" is no option of a row/],
    [{ ...chat, top_k: 1n }, /expected a number, got the BigInt/],
    [
      { operation: "embed", model: "m", input: "a", inputType: "query" },
      /did you mean "input_type"/,
    ],
    [{ operation: "rerank" }, /expected chat or embed/],
    [
      { operation: "embed", model: "m", input: "a" },
      /requests\[1\]\.request is for another operation/,
    ],
    ["text", /requests\[1\]\.request must be an object/],
  ];

  for (const [request, message] of requests) {
    const rows = [ROWS[0], { id: "b", request }];
    const error = await failureOf(batch.submit(rows));
    assert.equal(error.kind, "INVALID_REQUEST");
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /secret/);
  }

  assert.deepEqual((await mock.seen(key)).requests, []);
});

test("wrong_arguments_are_refused", async () => {
  const llm = mock.connect("never-asked");
  const { batch } = llm;
  const refused = [
    [() => batch.submit("rows"), /rows must be an iterable/],
    [() => batch.submit(undefined), /rows must be an iterable/],
    [() => batch.submit([]), /requests is missing or empty/],
    [() => batch.submit([7]), /requests\[0\] must be an object/],
    [() => batch.submit(ROWS, null), /options must be an object/],
    [() => batch.submit(ROWS, AbortSignal.timeout(60_000)), /not an AbortSig/],
    [() => batch.list(AbortSignal.timeout(60_000)), /such as { signal }, not/],
    [() => batch.status("x", AbortSignal.timeout(60_000)), /not an AbortSig/],
    [() => batch.status(), /batch is missing/],
    [() => batch.status("batch-1"), /expected the handle/],
    [() => batch.list({ limit: "one" }), /limit/],
    [() => batch.list({ limit: 0 }), /limit: must be at least 1/],
    [() => read(batch.results("batch-1")), /expected the handle/],
    [() => llm.models({ operation: "batch" }), /use batch\.submit\(rows\)/],
    [
      () => read(llm.invoke({ ...REQUEST, operation: "batch" })),
      /use batch\.submit\(rows\)/,
    ],
  ];

  for (const [call, message] of refused) {
    const error = await failureOf(call());
    assert.equal(error.kind, "INVALID_REQUEST", error);
    assert.match(error.message, message);
  }
  const names = [
    [() => batch.submit(ROWS, { limit: 1 }), /option "limit" is unknown/],
    [() => batch.submit(ROWS, { metdata: {} }), /did you mean "metadata"/],
    [() => batch.status("x", { timeout: 3 }), /option "timeout" is unknown/],
    [() => batch.cancel("x", { collect: true }), /option "collect" is unknown/],
    [() => batch.list({ limits: 1 }), /did you mean "limit"/],
    [async () => batch.results("x", { limit: 1 }), /"limit" is unknown/],
  ];
  for (const [call, message] of names) {
    const error = await failureOf(call());
    assert.equal(error.kind, "CONFIG", error);
    assert.match(error.message, message);
  }
  llm.close();
  await assert.rejects(batch.status("x"), { code: "CLOSED" });
  await assert.rejects(read(batch.results("x")), { code: "CLOSED" });
});
