// Streams that a server sends on: as text and as server-sent events, read by fetch, and left.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after } from "node:test";

import { LlmError } from "liter-llm";
import { fetch as undiciFetch } from "undici";

import {
  FINISH,
  HANG,
  Mock,
  REQUEST,
  streaming,
  test,
  token,
} from "./support.mjs";

const mock = await Mock.start();
const HELLO = [streaming(token("Hel"), token("lo é"), ...FINISH)];
const CUT = [streaming(token("Hel"), { reset: true })];
const LONG = [streaming(token("Hel"), HANG)];

// A server whose handler sends a stream on; the error that it ends with.
async function serve(handler) {
  let settle;
  const ended = new Promise((resolve) => (settle = resolve));
  const server = createServer((request, response) => {
    handler(request, response).then(
      () => settle(null),
      (error) => {
        settle(error);
        response.destroy();
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, ended };
}

async function invoke(steps) {
  const key = await mock.plan(steps);
  return { key, stream: mock.connect(key).invoke(REQUEST) };
}

// How a handler of node:http or Express sends each form.
const HANDLERS = {
  text: (stream) => (_, response) => pipeline(Readable.from(stream), response),
  bytes: (stream) => (_, response) =>
    pipeline(Readable.fromWeb(stream.toReadableStream()), response),
  sse: (stream) => (_, response) =>
    pipeline(
      Readable.fromWeb(stream.toReadableStream({ format: "sse" })),
      response,
    ),
};

for (const [name, handle] of Object.entries(HANDLERS)) {
  test(`a server sends on ${name}`, async () => {
    const { stream } = await invoke(HELLO);
    const { url } = await serve(handle(stream));

    const text = await (await undiciFetch(url)).text();

    if (name !== "sse") {
      assert.equal(text, "Hello é");
      return;
    }
    const events = eventsOf(text);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["start", "text", "text", "end"],
    );
    assert.deepEqual(Object.keys(events[0]), ["type", "id", "model"]);
    assert.deepEqual(events[2], { type: "text", text: "lo é" });
    const { finishReason, usage } = events[3];
    assert.deepEqual([finishReason, typeof usage], ["stop", "object"]);
  });

  test(`a client that goes away closes ${name}`, async () => {
    const { key, stream } = await invoke(LONG);
    const { url, ended } = await serve(handle(stream));
    const leaving = new AbortController();
    const { body } = await undiciFetch(url, { signal: leaving.signal });
    const reader = body.getReader();
    await reader.read();

    leaving.abort();

    await assert.rejects(reader.read());
    await mock.wait(key, { closed: 1 });
    assert.notEqual(await ended, null);
    assert.equal(stream.response.outcome, "cancelled");
  });
}

const eventsOf = (text) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data));

// What a route of Next.js, Hono or a worker returns.
test("a_response_of_the_web_is_text_or_events", async () => {
  const text = (await invoke(HELLO)).stream.toTextStreamResponse({
    status: 203,
    headers: { "X-Own": "1" },
  });
  assert.ok(text instanceof globalThis.Response);
  assert.equal(text.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.deepEqual([text.status, text.headers.get("x-own")], [203, "1"]);
  assert.equal(await text.text(), "Hello é");

  const events = (await invoke(HELLO)).stream.toEventStreamResponse({
    headers: [["Cache-Control", "no-store"]],
  });
  const { headers } = events;
  assert.equal(headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(eventsOf(await events.text()).at(-1).type, "end");
});

test("cancelling_the_bytes_closes", async () => {
  for (const format of ["text", "sse"]) {
    const { key, stream } = await invoke(LONG);
    const reader = stream.toReadableStream({ format }).getReader();
    await reader.read();

    await reader.cancel();

    await mock.wait(key, { closed: 1 });
  }
});

test("nothing_is_requested_before_the_bytes_are_read", async () => {
  const { key, stream } = await invoke(HELLO);
  const readable = stream.toReadableStream();
  await mock.never(key, { requests: 1 }, 100);

  assert.equal((await readable.getReader().read()).done, false);
  assert.equal((await mock.seen(key)).requests_count, 1);
});

// An error is never the end of a whole text; events say which kind, and nothing of the provider.
test("an_error_cuts_text_and_ends_events", async () => {
  const text = (await invoke(CUT)).stream.toTextStreamResponse();
  await assert.rejects(text.text(), (error) => {
    assert.ok(error instanceof LlmError);
    assert.equal(error.code, "TRUNCATED");
    return true;
  });

  const sse = (await invoke(CUT)).stream.toEventStreamResponse();
  const sent = await sse.text();
  assert.match(sent, /event: error\ndata: [^\n]*\n\n$/);
  const { type, code, retryable, ...others } = eventsOf(sent).at(-1);
  assert.deepEqual([type, code], ["error", "TRUNCATED"]);
  assert.equal(typeof retryable, "boolean");
  assert.deepEqual(others, { retryAfterMs: null });
});

test("a_client_sees_that_text_is_cut", async () => {
  const { stream } = await invoke(CUT);
  const { url, ended } = await serve(HANDLERS.text(stream));

  await assert.rejects(async () => (await undiciFetch(url)).text());

  assert.equal((await ended).code, "TRUNCATED");
});

test("an_unknown_format_is_refused", async () => {
  const { stream } = await invoke(HELLO);

  assert.throws(() => stream.toReadableStream({ format: "json" }), {
    code: "INVALID_REQUEST",
    message: 'format: expected "text" or "sse", got "json"',
  });
});
