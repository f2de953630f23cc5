// Batches: what LiterLlm.batch is. Requests that a provider answers within a day at a lower price.
//
// A submission, a state and a list are operations. Results are a stream: one row at a time, so that
// a file of any size costs no memory.
"use strict";

const { ASYNC_DISPOSE } = require("./async_dispose.cjs");
const { invalidRequest } = require("./error.cjs");
const { Batch, batchesOf } = require("./batch_responses.cjs");
const { checkIsObject } = require("./describe.cjs");
const { readCallOptions, refuseSignal } = require("./options.cjs");
const { Mode } = require("./receiver.cjs");
const { readBatchRow } = require("./request_fields.cjs");
const { Invocation } = require("./invocation.cjs");

const OPERATION = "batch";
const readBatch = (_, found) => new Batch(found);

class Batches {
  #operate;
  #open;

  // `operate` starts an operation and returns its promise; `open` starts a stream of rows.
  constructor(operate, open) {
    this.#operate = operate;
    this.#open = open;
  }

  async submit(rows, options = {}) {
    const expected =
      'options must be an object such as { metadata: { team: "a" } }';
    checkIsObject(options, expected, invalidRequest);
    refuseSignal(options);
    const { metadata, expiresAfterS, ...ofCall } = options;
    const requests = await readRows(rows);
    const fields = { requests, metadata, expires_after_s: expiresAfterS };
    const own = ["metadata", "expires_after_s"];
    return this.#ask("submit", fields, ofCall, { own });
  }

  async status(batch, options) {
    return this.#ask("status", { batch: handleOf(batch) }, options);
  }

  results(batch, options = {}) {
    const { signal, callOptions } = readCallOptions(options, OPERATION);
    const request = { operation: OPERATION, action: "results" };
    const fields = { ...request, batch: handleOf(batch), ...callOptions };
    return new BatchResults(this.#open, fields, signal);
  }

  async cancel(batch, options) {
    return this.#ask("cancel", { batch: handleOf(batch) }, options);
  }

  async list(options = {}) {
    const expected = "options must be an object such as { limit: 10 }";
    checkIsObject(options, expected, invalidRequest);
    refuseSignal(options);
    const { limit, ...ofCall } = options;
    const read = (_, { batches }) => batchesOf(batches);
    return this.#ask("list", { limit }, ofCall, { read, own: ["limit"] });
  }

  #ask(action, fields, options, { read = readBatch, own } = {}) {
    const request = { action, ...fields };
    return this.#operate(OPERATION, request, options, { read, own });
  }
}

class BatchResults {
  #invocation;

  constructor(open, fields, signal) {
    const once =
      "the results of a batch can be read only once; call batch.results() again";
    this.#invocation = new Invocation(open, fields, signal, once);
  }

  [Symbol.asyncIterator]() {
    return this.#invocation.claim(Mode.EVENTS);
  }

  cancel() {
    this.#invocation.cancel();
  }

  async [ASYNC_DISPOSE]() {
    this.cancel();
  }
}

// All rows are in memory while a batch is submitted.
async function readRows(rows) {
  const method = rows?.[Symbol.asyncIterator] ?? rows?.[Symbol.iterator];
  if (typeof method !== "function" || typeof rows === "string")
    throw invalidRequest(
      "rows must be an iterable or an async iterable of objects with id and request",
    );
  const read = [];
  for await (const row of rows) {
    read.push(readBatchRow(row, read.length));
  }
  return read;
}

// What names a batch is its handle, or a Batch.
const handleOf = (batch) =>
  typeof batch === "object" && batch !== null ? batch.batch : batch;

module.exports = { BatchResults, Batches };
