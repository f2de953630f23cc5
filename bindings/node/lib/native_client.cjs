// NativeClient: one client of the core for this thread, and the receivers of its streams. The addon
// calls #deliver() with the events of one poll.
"use strict";

const { AsyncResource } = require("node:async_hooks");
const { channel } = require("node:diagnostics_channel");

const { LlmError } = require("./error.cjs");
const { writeLog } = require("./logger.cjs");
const { Column, native } = require("./native.cjs");
const { camelKeys, inCamelCase } = require("./option_names.cjs");
const { acknowledgeBytes } = require("./options.cjs");
const { ReceiverTable } = require("./receiver_table.cjs");
const { EventKind } = require("./schema.cjs");
const { noticeTurn } = require("./start_queue.cjs");

const logChannel = channel("liter-llm");

// No stream is live when the LiterLlm that owns a client is collected, because each receiver keeps
// its LiterLlm. A registry that is itself collected, as with the realm of a test file, calls
// nobody; this one lives as long as the module, which each waker's function keeps alive.
const unowned = new FinalizationRegistry((client) => client.close());

// Where a stream was started, for the lines of the log about it and for the function that gives its
// key. It keeps no process alive.
class Context extends AsyncResource {
  hasRef() {
    return false;
  }
}

class NativeClient {
  #handle;
  #receivers = new ReceiverTable();
  #unread = new FinalizationRegistry((number) =>
    this.#receivers.get(number)?.cancel(),
  );
  #waiters = 0;
  #hasRef = false;
  #delivering = false;
  #logger;
  #logs;
  closed = false;

  // `json` has the options; `logs` says whether there are lines for the log.
  constructor(owner, { json, windowBytes, logger, logs }) {
    this.acknowledgeBytes = acknowledgeBytes(windowBytes);
    this.#logger = logger;
    this.#logs = logs;
    const deliver = (texts, table) => this.#deliver(texts, table);
    // Tools that look for what keeps a process alive, such as Jest's, call its hasRef().
    const resource = { hasRef: () => this.#hasRef };
    // The waker keeps the AsyncLocalStorage context that it is made in for as long as it lives, and
    // the context of the first request is not the one of all later requests.
    this.#handle = native.callOutsideContext(() =>
      native.create(json, deliver, resource),
    );
    if (this.#handle === undefined) throw lastError(JSON.parse(json));
    unowned.register(owner, this);
  }

  start(receiver, requestJson) {
    this.#receivers.add(receiver);
    const { number } = receiver;
    if (this.#logs || receiver.keyFunction)
      receiver.context = new Context("liter-llm");
    if (native.start(this.#handle, number, requestJson) === 0) return;
    this.#receivers.delete(number);
    throw lastError();
  }

  // Cancels a stream, unless it has ended, when a mark has been collected.
  //
  // V8 keeps what is in a registry, and all that hangs on it, until a full collection, also what is
  // taken out before. So this is given nothing but the mark and the number, which no later stream
  // has, and nothing is taken out.
  cancelWithout(mark, number) {
    this.#unread.register(mark, number);
  }

  cancel(number) {
    native.cancel(this.#handle, number);
  }

  // The key that a stream asked for; nothing happens if it has ended.
  answer(number, answerJson) {
    native.answer(this.#handle, number, answerJson);
  }

  acknowledge(number, bytes) {
    native.acknowledge(this.#handle, number, bytes);
  }

  // Copies the vectors of an event to a Float32Array of their size, while they are delivered.
  copyVectors(event, target) {
    if (!native.copyVectors(this.#handle, event, target))
      throw new RangeError("the vectors have another size");
  }

  // The process stays alive while somebody waits. A stream that nobody waits for has no reader left
  // once nothing else is going on.
  addWaiter() {
    this.#waiters++;
    this.#updateRef();
  }

  removeWaiter() {
    this.#waiters--;
    if (!this.#delivering) this.#updateRef();
  }

  // Ends every stream with CLOSED; frees the core's client when the last one has ended.
  close() {
    if (this.closed) return;
    this.closed = true;
    native.close(this.#handle);
    this.#releaseIfDrained();
  }

  #updateRef() {
    const wanted = this.#waiters > 0;
    if (wanted !== this.#hasRef) {
      this.#hasRef = wanted;
      native.setRef(this.#handle, wanted);
    }
  }

  #deliver(texts, table) {
    this.#delivering = true;
    noticeTurn();
    for (let index = 0; index < texts.length; index++)
      this.#dispatch(texts[index], table, index * Column.COUNT);
    this.#delivering = false;
    this.#updateRef();
    if (this.closed) this.#releaseIfDrained();
  }

  // An event that cannot be read ends its stream and no other.
  #dispatch(data, table, at) {
    const number = table[at + Column.STREAM];
    const kind = table[at + Column.KIND];
    const receiver = this.#receivers.get(number);
    if (kind === EventKind.END) this.#receivers.delete(number);
    if (receiver === undefined) {
      if (kind === EventKind.LOG) this.#log(data);
      return;
    }
    try {
      if (data === undefined) throw new RangeError("too long for a string");
      receiver.receive(data, table, at);
    } catch (error) {
      this.#receivers.delete(number);
      receiver.cancel();
      receiver.fail(unreadable(error), error);
    }
  }

  // The logger and subscribers are called in the context of the request that the line is about.
  #log(json) {
    if (this.#logger === null && !logChannel.hasSubscribers) return;
    const line = camelKeys(JSON.parse(json));
    const context = this.#receivers.get(line.stream)?.context;
    const write = () => {
      if (this.#logger !== null) writeLog(this.#logger, line);
      logChannel.publish(line);
    };
    if (context) context.runInAsyncScope(write);
    else write();
  }

  #releaseIfDrained() {
    if (this.#receivers.size === 0 && !this.#delivering)
      native.release(this.#handle);
  }
}

// The error object of a call with an event that could not be read.
function unreadable(error) {
  if (error instanceof LlmError)
    return { kind: error.kind, message: error.message };
  const message = `an event could not be read: ${error?.message}`;
  return { kind: "INTERNAL", message };
}

// Why this thread's last create or start was refused.
function lastError(options) {
  const details = JSON.parse(native.lastError());
  const message = inCamelCase(details.message, options);
  return new LlmError({ ...details, message });
}

module.exports = { NativeClient };
