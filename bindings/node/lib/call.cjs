// Call: what a stream and an operation have in common: cancellation, the end, the window, and the
// function that gives keys. Who extends it takes events, by receive(), says what was received, by
// readEnd(), and fail() ends it without the core.
"use strict";

const { NOBODY, refusal, toAnswer } = require("./key_function.cjs");

class Call {
  number = 0;
  ended = false;
  cancelled = false;
  // The `cause` of its error, where there is one.
  cause = undefined;
  // Removes what was registered elsewhere for the life of this call.
  onEnd = null;
  native;
  // Gives the key of each attempt; null where it is text.
  keyFunction;
  // Where the call was started; only with a log or with such a function.
  context = null;
  // Who is told of its end; null where nobody observes it.
  observed = null;
  // Bytes of events that came.
  delivered = 0;
  #acknowledged = 0;
  #asking = null;

  // The owner is kept alive for as long as the call runs.
  constructor({ native, keyFunction, owner }) {
    this.native = native;
    this.keyFunction = keyFunction;
    this.owner = owner;
  }

  // Closes the connection unless the call has ended; the end is still to come.
  cancel(cause) {
    if (this.ended || this.cancelled) return;
    this.cancelled = true;
    this.cause = cause;
    this.native.cancel(this.number);
  }

  // Asks the function, in the context of the request. Its signal is aborted when the call ends.
  async answerKey() {
    const { keyFunction } = this;
    if (keyFunction === null) {
      this.native.answer(this.number, NOBODY);
      return;
    }
    const asking = (this.#asking = new AbortController());
    const ask = () => keyFunction({ signal: asking.signal });
    let answer;
    try {
      answer = toAnswer(await this.context.runInAsyncScope(ask));
    } catch (cause) {
      if (this.ended || this.cancelled) return;
      this.cause = cause;
      answer = refusal(cause);
    }
    if (!this.ended) this.native.answer(this.number, answer);
  }

  finish() {
    this.ended = true;
    this.observed?.end(() => this.readEnd());
    this.observed = null;
    this.owner = null;
    this.context = null;
    this.#asking?.abort();
    this.#asking = null;
    this.onEnd?.();
    this.onEnd = null;
  }

  // Reopens the window once everything was taken and enough bytes are owed. Fewer bytes may stay
  // unacknowledged: at most a quarter of the window, so it stays open.
  acknowledge() {
    const owed = this.delivered - this.#acknowledged;
    if (owed >= this.native.acknowledgeBytes && !this.ended) {
      this.#acknowledged += owed;
      this.native.acknowledge(this.number, owed);
    }
  }
}

module.exports = { Call };
