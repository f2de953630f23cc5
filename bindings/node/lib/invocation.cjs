// Invocation: one request, which starts when it is first used. Reader: the iterator of `for await`.
"use strict";

const { follow } = require("./abort_signals.cjs");
const { failLater } = require("./caller_frames.cjs");
const { LlmError } = require("./error.cjs");
const { Mode } = require("./receiver.cjs");
const { turnToStart } = require("./start_queue.cjs");

// What is sent once, and its one reader.
class Invocation {
  receiver = null;
  claimed = false;
  #open;
  #fields;
  #signal;
  #once;
  #cancelled = false;
  #whole = null;
  // The whole is asked for, and waits for its turn to be.
  #waits = false;
  // Who drops this drops the stream.
  #mark = null;

  // `open` makes a receiver and starts the stream; `once` is said to a second reader.
  constructor(open, fields, signal, once) {
    this.#open = open;
    this.#fields = fields;
    this.#signal = signal;
    this.#once = once;
  }

  // The only reader of this stream.
  claim(mode) {
    if (this.#isTaken) throw new TypeError(this.#once);
    this.claimed = true;
    this.receiver?.readAs(mode);
    return new Reader(this, mode, this.#signal);
  }

  // Starts the stream and waits for its first content, which stays for a reader to come.
  async begin() {
    if (this.#isTaken) throw new TypeError(this.#once);
    const turn = this.turn();
    if (turn !== null) await turn;
    if (this.#isTaken) return;
    const receiver = this.start(Mode.EVENTS);
    const mayBegin = () => !receiver.ended && !receiver.hasContent;
    while (mayBegin() && !this.#isTaken)
      await (receiver.waiting ?? receiver.wait(this, () => undefined));
    if (receiver.failed && !receiver.hasContent) throw receiver.error();
  }

  get #isTaken() {
    if (this.claimed) return true;
    return this.#whole !== null && (this.receiver !== null || this.#waits);
  }

  // What is awaited before start(); null where nothing is.
  turn() {
    return this.receiver === null ? turnToStart() : null;
  }

  // Starts the stream, unless it is running.
  start(mode) {
    if (this.receiver !== null) return this.receiver;
    if (this.#cancelled || this.#signal?.aborted) throw this.#notStarted();
    if (mode === Mode.WHOLE) this.#fields.stream ??= false;
    const receiver = this.#open(this.#fields, mode);
    // Whoever waits for the whole keeps this until the end.
    if (mode !== Mode.WHOLE) this.#mark = receiver.makeMark();
    this.receiver = receiver;
    if (this.#signal) follow(this.#signal, receiver);
    // A toJSON of the request may have cancelled it.
    if (this.#cancelled) receiver.cancel();
    return receiver;
  }

  // What is read after an abort: the signal is not followed once the response has arrived.
  noticeAbort() {
    if (this.#signal?.aborted) this.receiver.abort(this.#signal.reason);
  }

  // The whole response; what was not read of a running stream is part of it.
  whole() {
    this.#whole ??= this.#collect();
    return this.#whole;
  }

  // Another request in the place of this one, which has ended; it is cancelled where this one was.
  again(change) {
    const fields = change(this.#fields);
    if (fields === null) return null;
    const signal = this.#signal;
    const next = new Invocation(this.#open, fields, signal, this.#once);
    if (this.#cancelled) next.cancel();
    return next;
  }

  cancel() {
    this.#cancelled = true;
    this.receiver?.cancel();
  }

  #notStarted() {
    const message = this.#signal?.aborted
      ? "the signal was aborted before the stream started"
      : "the stream was cancelled before it started";
    const details = { kind: "CANCELLED", message };
    return new LlmError(details, null, this.#signal?.reason);
  }

  async #collect() {
    const turn = this.turn();
    if (turn !== null) {
      this.#waits = true;
      await turn;
      this.#waits = false;
    }
    const receiver = this.start(Mode.WHOLE);
    if (receiver.waiting) {
      throw new TypeError(
        "a reader of this stream waits for its next item; await the stream later",
      );
    }
    receiver.discardItems();
    if (!receiver.ended) await receiver.wait(this, () => undefined);
    if (receiver.response.failed) throw receiver.error();
    return receiver.response.build();
  }
}

class Reader {
  #invocation;
  #mode;
  #signal;
  #receiver = null;
  #turn = null;
  #done = false;

  constructor(invocation, mode, signal) {
    this.#invocation = invocation;
    this.#mode = mode;
    this.#signal = signal;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  // The way of nearly every token is this function and no other of ours. Who leaves discards the
  // items; a signal is not followed once the response has arrived.
  next() {
    const receiver = this.#receiver;
    if (receiver === null) return this.#nextOfNew();
    if (receiver.next === receiver.items.length || this.#signal?.aborted)
      return this.#nextLater(receiver);
    const value = receiver.items[receiver.next++];
    return Promise.resolve({ value, done: false });
  }

  #nextOfNew() {
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    this.#turn ??= this.#invocation.turn();
    if (this.#turn === null) return this.#start();
    return this.#turn.then(() =>
      this.#receiver === null && !this.#done ? this.#start() : this.next(),
    );
  }

  #start() {
    try {
      this.#receiver = this.#invocation.start(this.#mode);
    } catch (error) {
      this.#done = true;
      return Promise.reject(error);
    }
    return this.#nextLater(this.#receiver);
  }

  #nextLater(receiver) {
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    if (!receiver.isReady) {
      if (receiver.waiting === null) return receiver.wait(this, Reader.#step);
      const next = () => this.next();
      return receiver.waiting.then(next, next);
    }
    try {
      return Promise.resolve(this.#take());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return(value) {
    this.#leave();
    return Promise.resolve({ value, done: true });
  }

  throw(error) {
    this.#leave();
    return Promise.reject(error);
  }

  #leave() {
    this.#done = true;
    this.#invocation.cancel();
    this.#receiver?.discardItems();
    this.#receiver?.settle();
  }

  #take() {
    const receiver = this.#receiver;
    this.#invocation.noticeAbort();
    if (!this.#done && receiver.hasItems)
      return { value: receiver.items[receiver.next++], done: false };
    const failed = this.#fails;
    this.#done = true;
    if (failed) throw receiver.error();
    return { value: undefined, done: true };
  }

  static #step = (reader) => reader.#takeLater();

  // The same for a reader that waits.
  #takeLater() {
    const receiver = this.#receiver;
    if (receiver.hasItems || !this.#fails) return this.#take();
    this.#done = true;
    return failLater(() => receiver.error());
  }

  get #fails() {
    return !this.#done && this.#receiver.failed;
  }
}

module.exports = { Invocation };
