// A stream as a ReadableStream of bytes and as a Response of the web, for servers that send it on:
// as text, or as server-sent events. Whoever stops reading closes the connection to the provider.
"use strict";

const { describe } = require("./describe.cjs");
const { invalidRequest } = require("./error.cjs");

const CONTENT_TYPES = {
  text: "text/plain; charset=utf-8",
  sse: "text/event-stream; charset=utf-8",
};
// What the reader of events needs; the others say how the provider was asked.
const START_FIELDS = ["id", "model"];
const END_FIELDS = ["finishReason", "usage"];

// The bytes of a stream. Nothing is requested before they are read.
function readableOf(stream, { format = "text" } = {}) {
  if (!Object.hasOwn(CONTENT_TYPES, format))
    throw invalidRequest(
      `format: expected "text" or "sse", got ${describe(format)}`,
    );
  const reader =
    format === "sse" ? stream.events() : stream[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const toText = format === "sse" ? eventToText : (token) => token;
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(toText(value)));
        } catch (error) {
          fail(controller, format, encoder, error);
        }
      },
      cancel: () => reader.return().then(() => undefined),
    },
    { highWaterMark: 0 },
  );
}

// The text is cut, so that no reader takes it for whole; events end with one that says why. That
// has no message: it may quote the provider, and goes to whoever is at the other end.
function fail(controller, format, encoder, error) {
  if (format !== "sse") {
    controller.error(error);
    return;
  }
  const { code = "INTERNAL", retryable = false, retryAfterMs = null } = error;
  const data = { type: "error", code, retryable, retryAfterMs };
  controller.enqueue(encoder.encode(`event: error\n${dataLine(data)}`));
  controller.close();
}

function eventToText(event) {
  if (event.type === "start") return dataLine(pick(event, START_FIELDS));
  if (event.type === "end") return dataLine(pick(event, END_FIELDS));
  return dataLine(event);
}

const dataLine = (data) => `data: ${JSON.stringify(data)}\n\n`;

const pick = (event, names) =>
  Object.fromEntries(["type", ...names].map((name) => [name, event[name]]));

// `init` is that of the web's Response; its headers win.
function responseOf(stream, format, init = {}) {
  const headers = new Headers(init.headers);
  for (const [name, value] of [
    ["content-type", CONTENT_TYPES[format]],
    ["cache-control", "no-cache, no-transform"],
    // nginx would hold back what it has not enough of.
    ["x-accel-buffering", "no"],
  ])
    if (!headers.has(name)) headers.set(name, value);
  return new Response(readableOf(stream, { format }), { ...init, headers });
}

module.exports = { readableOf, responseOf };
