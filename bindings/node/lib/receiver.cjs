// Receiver: the receiving end of one stream. Every token passes here: a run of text is one string,
// made by the addon, and is cut where the provider cut it.
"use strict";

const { Call } = require("./call.cjs");
const { LlmError } = require("./error.cjs");
const { BETWEEN_DELTAS, Column } = require("./native.cjs");
const { EventKind } = require("./schema.cjs");

const Mode = { TOKENS: 0, EVENTS: 1, WHOLE: 2 };
const NOTHING = [];

class Receiver extends Call {
  response;
  // What came and was not taken, from `next` on. Its reader takes it from here.
  items = NOTHING;
  next = 0;
  #mode;
  #waiter = null;
  #aborted = false;

  // `response` takes what comes, and says which events a reader gets.
  constructor(mode, response, common) {
    super(common);
    this.response = response;
    this.#mode = mode;
  }

  // What its reader keeps: once it has been collected before the end, the stream is cancelled.
  makeMark() {
    const mark = {};
    if (!this.ended) this.native.cancelWithout(mark, this.number);
    return mark;
  }

  get isReady() {
    return this.ended || this.next < this.items.length;
  }

  get hasItems() {
    return this.next < this.items.length;
  }

  // Of events: whether there is more than how the provider was asked.
  get hasContent() {
    const left = this.items.slice(this.next);
    return left.some(({ type }) => type !== "start");
  }

  get waiting() {
    return this.#waiter?.promise ?? null;
  }

  // Resolves with step(reader) when there is an item or the end. `reader` is kept until then,
  // because a reader that somebody waits for must not be collected.
  wait(reader, step) {
    this.acknowledge();
    const waiter = { reader, step };
    waiter.promise = new Promise((resolve, reject) => {
      waiter.resolve = resolve;
      waiter.reject = reject;
    });
    this.#waiter = waiter;
    this.native.addWaiter();
    return waiter.promise;
  }

  // Settles the promise of whoever waits, whether or not there is an item.
  settle() {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    this.native.removeWaiter();
    try {
      waiter.resolve(waiter.step(waiter.reader));
    } catch (error) {
      waiter.reject(error);
    }
  }

  // Events that nobody has taken become what their reader wants.
  readAs(mode) {
    if (this.#mode !== Mode.EVENTS || mode === Mode.EVENTS) return;
    this.#mode = mode;
    const texts = this.items.filter(({ type }) => type === "text");
    this.items = texts.map(({ text }) => text);
  }

  // From here on nobody takes items; what arrives still goes into the response.
  discardItems() {
    this.#mode = Mode.WHOLE;
    this.items = NOTHING;
    this.next = 0;
  }

  // What was received until then is the response.
  cancel(cause) {
    if (!this.ended && !this.cancelled) this.response.outcome = "cancelled";
    super.cancel(cause);
  }

  // After an abort a reader gets no more items, and no end as if the response were whole, also when
  // the end arrived meanwhile. One that has read it all does not notice.
  abort(cause) {
    if (this.ended && !this.hasItems) return;
    this.cancel(cause);
    this.cause ??= cause;
    this.#aborted = this.#mode !== Mode.WHOLE;
    this.discardItems();
  }

  get failed() {
    return this.response.failed || this.#aborted;
  }

  error() {
    if (this.response.failed) return this.response.error(this.cause);
    const message = "the signal was aborted while the stream was read";
    const partial = this.response.build();
    return new LlmError({ kind: "CANCELLED", message }, partial, this.cause);
  }

  // What was received, for an observer: in the core's names, and as a response.
  readEnd() {
    return this.response.readEnd();
  }

  // One event, which `table` describes from `at` on.
  receive(data, table, at) {
    const kind = table[at + Column.KIND];
    if (kind === EventKind.KEY) {
      this.answerKey();
      return;
    }
    if (kind === EventKind.TEXT || kind === EventKind.REASONING) {
      this.delivered += table[at + Column.BYTES];
      this.#receiveRun(data, table, at);
    } else if (kind === EventKind.END) {
      const failed = table[at + Column.ERROR] !== 0;
      this.response.end(data, failed);
      if (!failed && this.#mode === Mode.EVENTS) {
        const event = this.response.endEvent();
        if (event) this.#put([event]);
      }
      this.finish();
    } else {
      this.delivered += table[at + Column.BYTES];
      this.#receiveJson(kind, data);
    }
    if (this.isReady) this.settle();
    else if (this.#waiter !== null) this.acknowledge();
  }

  fail(error, cause) {
    if (this.ended) return;
    this.cause ??= cause;
    this.response.fail(error);
    this.finish();
    this.settle();
  }

  #receiveRun(data, table, at) {
    const isText = table[at + Column.KIND] === EventKind.TEXT;
    const between = table[at + Column.DELTAS] > 1 ? BETWEEN_DELTAS : null;
    if (this.response.collect) this.response.addRun(data, isText, between);
    if (this.#mode === Mode.WHOLE || (this.#mode === Mode.TOKENS && !isText))
      return;
    const pieces = between === null ? [data] : data.split(between);
    const type = isText ? "text" : "reasoning";
    this.#put(
      this.#mode === Mode.EVENTS
        ? pieces.map((text) => ({ type, text }))
        : pieces,
    );
  }

  #receiveJson(kind, data) {
    let event;
    if (kind === EventKind.START) {
      this.response.start(data);
      if (this.#mode === Mode.EVENTS) event = this.response.startEvent();
    } else {
      event = this.response.add(kind, data);
    }
    if (event && this.#mode === Mode.EVENTS) this.#put([event]);
  }

  // Those that were taken are kept no longer than until the next ones come.
  #put(items) {
    if (this.next < this.items.length) {
      for (const item of items) this.items.push(item);
      return;
    }
    this.items = items;
    this.next = 0;
  }
}

module.exports = { Mode, Receiver };
