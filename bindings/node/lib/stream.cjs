// Stream: one request, which starts when it is first used. Reader: what `for await` iterates.
//
// Whoever drops both without reading to the end closes the way upstream when they are collected.
"use strict";

const { Answer } = require("./response.cjs");
const { Mode } = require("./receiver.cjs");
const { LlmError, encode } = require("./error.cjs");
const { follow } = require("./abort_signals.cjs");

const abandoned = new FinalizationRegistry((channel) => channel.cancel());

// What a Stream and its Reader share.
class Invocation {
  channel = null;
  claimed = false;
  #open;
  #fields;
  #signal;
  #cancelled = false;
  #whole = null;

  // `open` makes a channel and starts it.
  constructor(open, fields, signal) {
    this.#open = open;
    this.#fields = fields;
    this.#signal = signal;
  }

  // The one reader of this stream.
  claim(mode) {
    if (this.claimed || this.channel !== null) {
      throw new TypeError(
        "a stream is read once; call invoke() again for a new one",
      );
    }
    this.claimed = true;
    return new Reader(this, mode);
  }

  join(mode) {
    if (this.channel !== null) return this.channel;
    if (this.#cancelled || this.#signal?.aborted) {
      const message = "the stream was cancelled before it started";
      throw new LlmError(
        { kind: "CANCELLED", message },
        null,
        this.#signal?.reason,
      );
    }
    if (mode === Mode.WHOLE) this.#fields.stream ??= false;
    const channel = this.#open(
      encode(this.#fields, "request", "INVALID_REQUEST"),
      mode,
    );
    abandoned.register(this, channel);
    this.channel = channel;
    if (this.#signal) follow(this.#signal, channel);
    // The request's own code may have cancelled while it was made into JSON.
    if (this.#cancelled) channel.cancel();
    return channel;
  }

  // All of the answer; what was not read of a started stream goes into it too.
  whole() {
    this.#whole ??= this.#collect();
    return this.#whole;
  }

  cancel() {
    this.#cancelled = true;
    this.channel?.cancel();
  }

  async #collect() {
    const channel = this.join(Mode.WHOLE);
    if (channel.waiting)
      throw new TypeError("somebody else is reading this stream");
    channel.collect();
    if (!channel.ended) await channel.wait(this, () => undefined);
    if (channel.answer.failed) throw channel.error();
    return channel.answer.response();
  }
}

class Stream {
  #invocation;

  constructor(open, fields, signal) {
    this.#invocation = new Invocation(open, fields, signal);
  }

  [Symbol.asyncIterator]() {
    return this.#invocation.claim(Mode.TOKENS);
  }

  events() {
    return this.#invocation.claim(Mode.EVENTS);
  }

  then(onAnswer, onError) {
    return this.#invocation.whole().then(onAnswer, onError);
  }

  catch(onError) {
    return this.then(undefined, onError);
  }

  finally(onEnd) {
    return this.#invocation.whole().finally(onEnd);
  }

  cancel() {
    this.#invocation.cancel();
  }

  get response() {
    return (this.#invocation.channel?.answer ?? new Answer()).response();
  }
}

class Reader {
  #invocation;
  #mode;
  #channel = null;
  #done = false;
  #step = () => this.#take();

  constructor(invocation, mode) {
    this.#invocation = invocation;
    this.#mode = mode;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    try {
      this.#channel ??= this.#invocation.join(this.#mode);
      const channel = this.#channel;
      if (channel.isReady) return Promise.resolve(this.#take());
      if (channel.waiting === null) return channel.wait(this, this.#step);
      const next = () => this.next();
      return channel.waiting.then(next, next);
    } catch (error) {
      this.#done = true;
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
    this.#channel?.collect();
    this.#channel?.settle();
  }

  #take() {
    const channel = this.#channel;
    if (!this.#done && channel.hasItems)
      return { value: channel.take(), done: false };
    const failed = !this.#done && channel.failed;
    this.#done = true;
    if (failed) throw channel.error();
    return { value: undefined, done: true };
  }
}

module.exports = { Stream };
