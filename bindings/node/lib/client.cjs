// LiterLlm: options, and the native client that is made from them at the first request.
"use strict";

const { Channel } = require("./channel.cjs");
const { LlmError, encode } = require("./error.cjs");
const { Hub } = require("./hub.cjs");
const { Stream } = require("./stream.cjs");

const WINDOW_BYTES = 262_144;
const GIVE_BACK_AT_MOST = 16_384;

// No stream is live when a LiterLlm is collected: each holds its own.
const abandoned = new FinalizationRegistry((hub) => hub.close());

class LiterLlm {
  #options;
  #hub = null;
  #closed = false;

  constructor(options = {}) {
    this.#options = snakeKeys(options);
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
    const fields = { ...request, ...snakeKeys(options) };
    return new Stream((json, mode) => this.#start(json, mode), fields, signal);
  }

  close() {
    this.#closed = true;
    this.#hub?.close();
  }

  #start(requestJson, mode) {
    if (this.#closed) {
      throw new LlmError({
        kind: "CLOSED",
        message: "this LiterLlm is closed; make a new one",
      });
    }
    this.#hub ??= this.#connect();
    const channel = new Channel(this.#hub, mode, this);
    this.#hub.start(channel, requestJson);
    return channel;
  }

  #connect() {
    const window = this.#options.stream_window_bytes ?? WINDOW_BYTES;
    const giveBackAt = Math.min(Math.floor(window / 4) || 0, GIVE_BACK_AT_MOST);
    const hub = new Hub(encode(this.#options, "options", "CONFIG"), giveBackAt);
    abandoned.register(this, hub);
    return hub;
  }
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
