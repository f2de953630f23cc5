// Channel: the receiving end of one stream. This is the way of every token: a run of text is one
// string, made by the addon, and cut where the provider cut it.
"use strict";

const { Answer } = require("./response.cjs");
const { LlmError } = require("./error.cjs");
const { Kind } = require("./native.cjs");

const Mode = { TOKENS: 0, EVENTS: 1, WHOLE: 2 };
const NOTHING = [];

class Channel {
  answer;
  number = 0;
  ended = false;
  // Removes what was hung on others for this stream's life.
  onEnd = null;
  // Where the stream was started; only with a log.
  context = null;
  #hub;
  #mode;
  #items = NOTHING;
  #next = 0;
  #waiter = null;
  #cancelled = false;
  #aborted = false;
  #cause = undefined;
  #delivered = 0;
  #acknowledged = 0;

  // The owner is kept alive for as long as its stream runs.
  constructor(hub, mode, collect, owner) {
    this.answer = new Answer(collect);
    this.#hub = hub;
    this.#mode = mode;
    this.owner = owner;
  }

  get isReady() {
    return this.ended || this.#next < this.#items.length;
  }

  get hasItems() {
    return this.#next < this.#items.length;
  }

  get waiting() {
    return this.#waiter?.promise ?? null;
  }

  take() {
    return this.#items[this.#next++];
  }

  // Resolves with step() when there is something for it. The channel keeps `reader` until then: a
  // reader that somebody waits for is not abandoned.
  wait(reader, step) {
    this.#acknowledge();
    const waiter = { reader, step };
    waiter.promise = new Promise((resolve, reject) => {
      waiter.resolve = resolve;
      waiter.reject = reject;
    });
    this.#waiter = waiter;
    this.#hub.addWaiter();
    return waiter.promise;
  }

  // Settles whoever waits, whether or not there is something.
  settle() {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    this.#hub.removeWaiter();
    try {
      waiter.resolve(waiter.step());
    } catch (error) {
      waiter.reject(error);
    }
  }

  // From here on nobody takes pieces; they still go into the answer.
  collect() {
    this.#mode = Mode.WHOLE;
    this.#items = NOTHING;
    this.#next = 0;
  }

  // Closes the way upstream, unless it is closed; the end is still to come.
  cancel(cause) {
    if (this.ended || this.#cancelled) return;
    this.#cancelled = true;
    this.#cause = cause;
    this.answer.outcome = "cancelled";
    this.#hub.cancel(this.number);
  }

  // A signal was aborted: whoever reads gets no more pieces, and no end as if that were all, also
  // when the answer came to its end meanwhile.
  abort(cause) {
    if (this.ended) return;
    this.cancel(cause);
    this.#cause ??= cause;
    this.#aborted = this.#mode !== Mode.WHOLE;
    this.collect();
  }

  get failed() {
    return this.answer.failed || this.#aborted;
  }

  error() {
    if (this.answer.failed) return this.answer.error(this.#cause);
    const message = "the signal was aborted while the stream was read";
    const partial = this.answer.response();
    return new LlmError({ kind: "CANCELLED", message }, partial, this.#cause);
  }

  // One event. Of several deltas, `table` says from `at` on where each ends in the data.
  feed(kind, failed, data, bytes, table, at, count) {
    if (kind === Kind.TEXT || kind === Kind.REASONING) {
      this.#delivered += bytes;
      this.#feedRun(kind === Kind.TEXT, data, table, at, count);
    } else if (kind === Kind.END) {
      this.answer.end(data, failed);
      if (!failed && this.#mode === Mode.EVENTS)
        this.#put(this.answer.endEvent());
      this.#finish();
    } else {
      this.#delivered += bytes;
      this.#feedJson(kind, data);
    }
    if (this.isReady) this.settle();
    else if (this.#waiter !== null) this.#acknowledge();
  }

  // Ends the stream from this side.
  fail(kind, message, cause) {
    if (this.ended) return;
    this.#cause ??= cause;
    const outcome =
      kind === "CANCELLED" || kind === "CLOSED" ? "cancelled" : "failed";
    this.answer.fail(outcome, { kind, message });
    this.#finish();
    this.settle();
  }

  #finish() {
    this.ended = true;
    this.owner = null;
    this.context = null;
    this.onEnd?.();
    this.onEnd = null;
  }

  #feedRun(isText, text, table, at, count) {
    if (this.answer.collect)
      (isText ? this.answer.text : this.answer.reasoning).push(text);
    if (this.#mode === Mode.WHOLE || (this.#mode === Mode.TOKENS && !isText))
      return;
    const type = isText ? "text" : "reasoning";
    const wrap = this.#mode === Mode.EVENTS;
    if (count <= 1) {
      this.#put(wrap ? { type, text } : text);
      return;
    }
    for (let index = 0, start = 0; index < count; index++) {
      const end = table[at + index];
      const piece = text.slice(start, end);
      this.#put(wrap ? { type, text: piece } : piece);
      start = end;
    }
  }

  #feedJson(kind, data) {
    let event;
    if (kind === Kind.START) {
      this.answer.begin(data);
      if (this.#mode === Mode.EVENTS) event = this.answer.startEvent();
    } else {
      event = this.answer.push(kind, data);
    }
    if (event && this.#mode === Mode.EVENTS) this.#put(event);
  }

  #put(item) {
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    this.#items.push(item);
  }

  // Reopens the window, when everything was taken and it is enough to be worth a call. What is not
  // yet acknowledged then is less than a part of the window, which so is open.
  #acknowledge() {
    const owed = this.#delivered - this.#acknowledged;
    if (owed >= this.#hub.acknowledgeBytes && !this.ended) {
      this.#acknowledged += owed;
      this.#hub.consumed(this.number, owed);
    }
  }
}

module.exports = { Channel, Mode };
