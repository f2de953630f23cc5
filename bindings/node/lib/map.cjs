// map(): any number of requests, of which some run at once, and what came of each, as it comes or
// in order. What a request fails with is its result.
"use strict";

const { LlmError, invalidRequest } = require("./error.cjs");

const CONCURRENCY = 16;

// `invoke` makes the stream of a request.
function map(invoke, requests, options) {
  const { concurrency = CONCURRENCY, ordered = false, signal } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw invalidRequest("concurrency: expected an integer above 0");
  if (typeof ordered !== "boolean")
    throw invalidRequest("ordered: expected true or false");
  const iterator = iteratorOf(requests);
  return new MapReader(
    new MapRun({ invoke, iterator, concurrency, ordered, signal }),
  );
}

function iteratorOf(requests) {
  const method =
    requests?.[Symbol.asyncIterator] ?? requests?.[Symbol.iterator];
  if (typeof method !== "function" || typeof requests === "string")
    throw invalidRequest(
      "requests must be an iterable or an async iterable of requests",
    );
  return method.call(requests);
}

// The requests that were read and whose results were not taken.
class MapRun {
  #invoke;
  #iterator;
  #concurrency;
  #ordered;
  #signal;
  // How many were read.
  #count = 0;
  // How many results were taken.
  #taken = 0;
  // Results to be taken, by the place at which they are.
  #results = new Map();
  #placed = 0;
  // Each stream under way, with the promise of its end.
  #live = new Map();
  #reading = false;
  #left = false;
  // No more requests are read.
  #readAll = false;
  // Why, where it is not because there are no more.
  #failure = null;
  #wake = () => {};

  constructor({ invoke, iterator, concurrency, ordered, signal }) {
    this.#invoke = invoke;
    this.#iterator = iterator;
    this.#concurrency = concurrency;
    this.#ordered = ordered;
    this.#signal = signal;
  }

  async *results() {
    this.#signal?.addEventListener("abort", this.#abort);
    if (this.#signal?.aborted) this.#abort();
    try {
      while (!this.#left) {
        this.#read();
        if (this.#results.has(this.#taken)) {
          const result = this.#take();
          // The next request is on its way before the reader works on this result.
          this.#read();
          yield result;
        } else if (this.#readAll && this.#taken === this.#count) {
          if (this.#failure) throw this.#failure;
          return;
        } else {
          await new Promise((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      await this.leave();
    }
  }

  // Ends what is under way, and returns when it has ended.
  async leave() {
    const isFirst = !this.#left;
    this.#left = true;
    this.#wake();
    for (const stream of this.#live.keys()) stream.cancel();
    this.#signal?.removeEventListener("abort", this.#abort);
    if (isFirst && !this.#readAll) await this.#stopReading();
    await Promise.all(this.#live.values());
  }

  // Whoever waits for the next request for ever does not hold up its reader.
  async #stopReading() {
    this.#readAll = true;
    const stopped = this.#stop();
    if (this.#reading) stopped.catch(() => {});
    else await stopped;
  }

  async #stop() {
    await this.#iterator.return?.();
  }

  #abort = () => {
    const details = { kind: "CANCELLED", message: "the signal was aborted" };
    const failure = new LlmError(details, null, this.#signal.reason);
    this.#endOfRequests(failure);
    this.#stop().catch(() => {});
  };

  #endOfRequests(failure) {
    if (this.#readAll) return;
    this.#readAll = true;
    this.#failure = failure;
    this.#wake();
  }

  #take() {
    const result = this.#results.get(this.#taken);
    this.#results.delete(this.#taken);
    this.#taken += 1;
    return result;
  }

  // Reads requests, and sends them, as long as one more may run.
  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#readAll && this.#count - this.#taken < this.#concurrency) {
        const { done, value } = await this.#iterator.next();
        if (this.#readAll) break;
        if (done) this.#endOfRequests(null);
        else this.#start(await value);
      }
    } catch (error) {
      this.#endOfRequests(error);
    }
    this.#reading = false;
  }

  #start(request) {
    const index = this.#count;
    this.#count += 1;
    const end = (response, error) => {
      const place = this.#ordered ? index : this.#placed;
      this.#placed += 1;
      this.#results.set(place, { index, request, response, error });
      this.#wake();
    };
    try {
      const stream = this.#invoke(request);
      const ended = stream
        .then(
          (response) => end(response, null),
          (error) => end(null, error),
        )
        .finally(() => this.#live.delete(stream));
      this.#live.set(stream, ended);
    } catch (error) {
      end(null, error);
    }
  }
}

class MapReader {
  #run;
  #results;

  constructor(run) {
    this.#run = run;
    this.#results = run.results();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    return this.#results.next();
  }

  // A step that waits for a result ends, too.
  async return(value) {
    await this.#run.leave();
    return this.#results.return(value);
  }

  async throw(error) {
    await this.#run.leave();
    return this.#results.throw(error);
  }
}

module.exports = { map };
