// The lifecycle that every language proves under the same names.
import assert from "node:assert/strict";

import { LlmError } from "liter-llm";

import {
  FINISH,
  HANG,
  Mock,
  REQUEST,
  read,
  run,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();

test("echo", async () => {
  const key = await mock.plan([{ answer: { text: "Hello world" } }]);
  const stream = mock.connect(key).invoke(REQUEST);

  const tokens = await read(stream);

  assert.equal(tokens.join(""), "Hello world");
  assert.equal(stream.response.text, "Hello world");
  assert.deepEqual(
    [stream.response.outcome, stream.response.finishReason],
    ["complete", "stop"],
  );
  const [sent] = (await mock.seen(key)).requests;
  assert.deepEqual(sent.body.messages, REQUEST.messages);
  const headers = sent.headers.map(
    ([name, value]) => `${name.toLowerCase()}: ${value}`,
  );
  assert.ok(headers.includes("authorization: Bearer test-key"));
});

test("order", async () => {
  const pieces = Array.from(
    { length: 500 },
    (_, number) => `${number} é\u4e2d\u{1f600} `,
  );
  const key = await mock.plan([streaming(...pieces.map(token), ...FINISH)]);
  const llm = mock.connect(key);

  const responses = await Promise.all(
    Array.from({ length: 8 }, () => read(llm.invoke(REQUEST))),
  );

  for (const tokens of responses) assert.deepEqual(tokens, pieces);
});

test("cancel_ends_once", async () => {
  const key = await mock.plan([streaming(token("one"), HANG)]);
  const stream = mock.connect(key).invoke(REQUEST);
  const reader = stream[Symbol.asyncIterator]();

  assert.deepEqual(await reader.next(), { value: "one", done: false });
  stream.cancel();
  stream.cancel();
  const error = await reader.next().catch((failure) => failure);

  assert.ok(error instanceof LlmError);
  assert.deepEqual(
    [error.kind, error.code, error.partial.text],
    ["CANCELLED", "CANCELLED", "one"],
  );
  assert.deepEqual(await reader.next(), { value: undefined, done: true });
  assert.equal(stream.response.outcome, "cancelled");
  await mock.wait(key, { closed: 1 });
});

test("close_ends_all", async () => {
  const key = await mock.plan([streaming(token("one"), HANG)]);
  const llm = mock.connect(key);
  const readers = Array.from({ length: 5 }, () =>
    llm.invoke(REQUEST)[Symbol.asyncIterator](),
  );
  const firsts = await Promise.all(readers.map((reader) => reader.next()));
  assert.deepEqual(
    firsts.map((first) => first.value),
    Array(5).fill("one"),
  );

  const waiting = readers.map((reader) =>
    reader.next().catch((error) => error.kind),
  );
  llm.close();
  llm.close();

  assert.deepEqual(await Promise.all(waiting), Array(5).fill("CLOSED"));
  await mock.wait(key, { closed: 5 });
  await assert.rejects(llm.invoke(REQUEST), {
    kind: "CLOSED",
    message: /closed/,
  });
});

test("error_kinds", async () => {
  const rows = [
    [401, "AUTHENTICATION", null],
    [403, "PERMISSION", null],
    [404, "NOT_FOUND", null],
    [400, "INVALID_REQUEST", null],
    [429, "RATE_LIMITED", 7000],
    [500, "PROVIDER", 7000],
    [503, "PROVIDER", null],
  ];
  for (const [status, kind, retryAfterMs] of rows) {
    const headers = status === 503 ? [] : [["retry-after", "7"]];
    const key = await mock.plan([
      { status, headers, error: { message: "no", code: "because" } },
    ]);
    const llm = mock.connect(key);

    for (const use of [read, async (stream) => await stream]) {
      const error = await use(llm.invoke(REQUEST)).catch((failure) => failure);

      assert.ok(error instanceof LlmError && error instanceof Error);
      const { name, code, providerCode, provider, attempts, partial } = error;
      assert.deepEqual([error.kind, code, error.status], [kind, kind, status]);
      assert.deepEqual(
        [name, providerCode, provider],
        ["LlmError", "because", "openai"],
      );
      assert.deepEqual(
        [attempts, partial.text, partial.outcome],
        [1, "", "failed"],
      );
      assert.equal(error.retryAfterMs, retryAfterMs);
      assert.ok(!("partial" in { ...error }));
    }
  }
});

const WINDOW = 65_536;
const PIECE = 16_384;
const PIECES = 4000; // 64 MB in all, of which sockets may hold some

test("unread_is_bounded", async () => {
  const flood = { repeat: PIECES, actions: [token("x".repeat(PIECE))] };
  const key = await mock.plan([streaming(flood, ...FINISH)]);
  const stream = mock
    .connect(key, { streamWindowBytes: WINDOW })
    .invoke(REQUEST);
  const reader = stream[Symbol.asyncIterator]();

  await reader.next();
  await mock.never(key, { bytes: (PIECES * PIECE) / 4 });
  assert.ok(stream.response.text.length <= WINDOW + 2 * PIECE);

  assert.equal(1 + (await read(reader)).length, PIECES);
});

test("exit_with_live_stream", async (t) => {
  const ways = {
    "process.exit": "process.exit(7)",
    // No next() is pending, and nothing else keeps the process alive.
    "natural exit": "process.exitCode = 7",
    "uncaught error":
      "process.exitCode = 7; process.on('uncaughtException', () => {}); throw 1",
  };
  const key = await mock.plan([streaming(token("one"), HANG)]);
  for (const [name, leave] of Object.entries(ways)) {
    await t.test(name, async () => {
      const { code, signal, output } = await run(
        LIVE_STREAMS + leave,
        mock.baseUrl(key),
      );

      assert.deepEqual([code, signal, output], [7, null, ""]);
    });
  }
});

const LIVE_STREAMS = `
  import { LiterLlm } from "liter-llm";
  const options = { provider: "openai", apiKey: "k", baseUrl: process.argv[1] };
  const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };
  const llm = new LiterLlm(options);
  const readers = Array.from({ length: 20 }, () => llm.invoke(request).events());
  for (const reader of readers) await reader.next();
  globalThis.kept = readers;
`;

test(
  "ten_thousand_streams",
  { skip: !process.env.SLOW && "SLOW=1 runs it" },
  async () => {
    await manyStreams(10_000, 50, 200);
  },
);

test("five_hundred_streams", async () => {
  await manyStreams(500, 20, 100);
});

async function manyStreams(count, tokens, intervalMs) {
  const llm = mock.connect(mock.newKey(`tokens~${tokens}~${intervalMs}`));
  const lengths = Array.from(
    { length: count },
    async () => (await read(llm.invoke(REQUEST))).length,
  );

  assert.deepEqual(await Promise.all(lengths), Array(count).fill(tokens));
}
