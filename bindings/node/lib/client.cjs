// LiterLlm: options, and the native client that is made from them at the first request.
"use strict";

const { Channel } = require("./receiver.cjs");
const { LlmError, encode } = require("./error.cjs");
const { Hub } = require("./native_client.cjs");
const { isSignal } = require("./abort_signals.cjs");
const { Stream } = require("./stream.cjs");

const WINDOW_BYTES = 262_144;
const ACKNOWLEDGE_BYTES_MAX = 16_384;

class LiterLlm {
  #options;
  #collect;
  #hub = null;
  #closed = false;

  constructor(options = {}) {
    const { collect, ...others } = snakeKeys(options);
    this.#options = others;
    this.#collect = collect;
  }

  invoke(request, { signal, ...options } = {}) {
    if (
      typeof request !== "object" ||
      request === null ||
      Array.isArray(request)
    ) {
      const message = "request: an object with model and messages is needed";
      throw new LlmError({ kind: "INVALID_REQUEST", message });
    }
    if (signal != null && !isSignal(signal)) {
      const message = "signal: an AbortSignal is needed";
      throw new LlmError({ kind: "INVALID_REQUEST", message });
    }
    // Whether the answer is kept is nothing that the core asks.
    const { collect, ...fields } = { ...request, ...snakeKeys(options) };
    const open = (json, mode) => this.#start(json, mode, collect);
    return new Stream(open, fields, signal);
  }

  close() {
    this.#closed = true;
    this.#hub?.close();
  }

  #start(requestJson, mode, collectOfCall) {
    if (this.#closed) {
      throw new LlmError({
        kind: "CLOSED",
        message: "this LiterLlm is closed; make a new one",
      });
    }
    const byDefault = readCollect(this.#collect, "CONFIG") ?? true;
    const collect = readCollect(collectOfCall, "INVALID_REQUEST") ?? byDefault;
    this.#hub ??= this.#connect();
    const channel = new Channel(this.#hub, mode, collect, this);
    this.#hub.start(channel, requestJson);
    return channel;
  }

  #connect() {
    const window = this.#options.stream_window_bytes ?? WINDOW_BYTES;
    return new Hub(this, {
      optionsJson: encode(this.#options, "options", "CONFIG"),
      acknowledgeBytes: acknowledgeBytes(window),
      logs: (this.#options.log_level ?? "off") !== "off",
    });
  }
}

// From so many bytes on, what was read is acknowledged. A part of the window only, or a small one
// would be shut with all of it read. What is not a number is refused by the core.
function acknowledgeBytes(window) {
  const part = Math.floor(window / 4) || 1;
  return Math.max(1, Math.min(part, ACKNOWLEDGE_BYTES_MAX));
}

function readCollect(value, kind) {
  if (value == null || typeof value === "boolean") return value;
  const message = `collect is ${String(value)}; it may be true or false`;
  throw new LlmError({ kind, message });
}

// Our own names only: what a header or a body is called is not ours.
function snakeKeys(options) {
  const snake = (name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [snake(name), value]),
  );
}

module.exports = { LiterLlm };
