// Hub: one native client of this thread, and which stream's events go to which channel. The addon
// calls ring() with all that one poll brought.
"use strict";

const { AsyncResource } = require("node:async_hooks");
const { channel: diagnosticsChannel } = require("node:diagnostics_channel");

const { LlmError } = require("./error.cjs");
const { Kind, native } = require("./native.cjs");

const COLUMNS = 5;
const log = diagnosticsChannel("liter-llm");

// No stream is live when the LiterLlm that owns a hub is collected: each holds its own. It stands
// here, where the bell's function keeps it: a registry that is collected itself, as with the realm
// of a test file, calls nobody.
const abandoned = new FinalizationRegistry((hub) => hub.close());

// Where a stream was started, for the lines of the log about it. It keeps no process alive.
class Context extends AsyncResource {
  hasRef() {
    return false;
  }
}

class Hub {
  #handle;
  #channels = new Map();
  #number = 0;
  #waiters = 0;
  #held = false;
  #ringing = false;
  #logs;
  closed = false;

  // The bell keeps the AsyncLocalStorage context that it is made in, for as long as it lives. That
  // of the request that happens to come first is nothing to all the later ones.
  constructor(owner, { optionsJson, acknowledgeBytes, logs }) {
    this.acknowledgeBytes = acknowledgeBytes;
    this.#logs = logs;
    const ring = (texts, table) => this.#ring(texts, table);
    // Tools that look for what keeps a process alive, such as Jest's, ask the resource.
    const resource = { hasRef: () => this.#held };
    this.#handle = native.outside(() =>
      native.create(optionsJson, ring, resource),
    );
    if (this.#handle === undefined) throw refusal();
    abandoned.register(owner, this);
  }

  start(channel, requestJson) {
    do this.#number = (this.#number + 1) >>> 0;
    while (this.#number === 0 || this.#channels.has(this.#number));
    channel.number = this.#number;
    if (this.#logs) channel.context = new Context("liter-llm");
    if (native.start(this.#handle, channel.number, requestJson) !== 0)
      throw refusal();
    this.#channels.set(channel.number, channel);
  }

  cancel(number) {
    native.cancel(this.#handle, number);
  }

  consumed(number, bytes) {
    native.consumed(this.#handle, number, bytes);
  }

  // The process stays alive while somebody waits. A stream that nobody waits for has nobody left
  // who could read it, when there is nothing else to do.
  addWaiter() {
    this.#waiters++;
    this.#hold();
  }

  removeWaiter() {
    this.#waiters--;
    if (!this.#ringing) this.#hold();
  }

  // Ends every stream with CLOSED, and then lets go.
  close() {
    if (this.closed) return;
    this.closed = true;
    native.close(this.#handle);
    this.#releaseIfDrained();
  }

  #hold() {
    const wanted = this.#waiters > 0;
    if (wanted !== this.#held) {
      this.#held = wanted;
      native.hold(this.#handle, wanted);
    }
  }

  #ring(texts, table) {
    this.#ringing = true;
    for (let index = 0, at = 0; index < texts.length; index++) {
      const count = table[at + 4];
      this.#route(texts[index], table, at);
      at += COLUMNS + (count > 1 ? count : 0);
    }
    this.#ringing = false;
    this.#hold();
    if (this.closed) this.#releaseIfDrained();
  }

  // An error on the way ends that stream and no other.
  #route(data, table, at) {
    const number = table[at];
    const kind = table[at + 1];
    const channel = this.#channels.get(number);
    if (kind === Kind.END) this.#channels.delete(number);
    if (channel === undefined) {
      if (kind === Kind.LOG && log.hasSubscribers) this.#publish(data);
      return;
    }
    try {
      if (data === undefined) throw new RangeError("too long for a string");
      channel.feed(
        kind,
        table[at + 2] !== 0,
        data,
        table[at + 3],
        table,
        at + COLUMNS,
        table[at + 4],
      );
    } catch (error) {
      this.#channels.delete(number);
      channel.cancel();
      channel.fail(
        "INTERNAL",
        `an event could not be read: ${error?.message}`,
        error,
      );
    }
  }

  // Whoever listens is called in the context of the request that the line is about.
  #publish(json) {
    const line = JSON.parse(json);
    const context = this.#channels.get(line.stream)?.context;
    if (context) context.runInAsyncScope(() => log.publish(line));
    else log.publish(line);
  }

  #releaseIfDrained() {
    if (this.#channels.size === 0 && !this.#ringing)
      native.release(this.#handle);
  }
}

function refusal() {
  return new LlmError(JSON.parse(native.lastError()));
}

module.exports = { Hub };
