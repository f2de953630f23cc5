// OperationCall: the receiving end of embed, rerank, models, countTokens, stats and batches,
// though not of their results. Its promise settles at the end, with all that came.
"use strict";

const { Call } = require("./call.cjs");
const { LlmError } = require("./error.cjs");
const { failLater } = require("./caller_frames.cjs");
const { errorFields } = require("./fields.cjs");
const { Column } = require("./native.cjs");
const { RESPONSES } = require("./operation_responses.cjs");
const { EventKind } = require("./schema.cjs");
const { Vectors } = require("./vectors.cjs");

class OperationCall extends Call {
  promise;
  #operation;
  #read;
  #vectors;
  #startJson = "{}";
  #resultJson = "{}";
  #receipt = {};
  #resolve;
  #reject;

  // `inputs` is how many vectors are expected; `read` makes what the promise is fulfilled with, by
  // default the response of the operation.
  constructor({ operation, inputs, read, ...call }) {
    super(call);
    this.#operation = operation;
    this.#read = read ?? ((...found) => new RESPONSES[operation](...found));
    this.#vectors = new Vectors(this.native, inputs);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  // The same for an observer as of a stream, without a response.
  readEnd() {
    const start = JSON.parse(this.#startJson);
    return { start, receipt: this.#receipt, partial: () => null };
  }

  // One event, which `table` describes from `at` on.
  receive(data, table, at) {
    const kind = table[at + Column.KIND];
    if (kind === EventKind.KEY) {
      this.answerKey();
      return;
    }
    if (kind === EventKind.END) {
      this.#end(JSON.parse(data), table[at + Column.ERROR] !== 0);
      return;
    }
    const bytes = table[at + Column.BYTES];
    if (kind === EventKind.START) this.#startJson = data;
    else if (kind === EventKind.RESULT) this.#resultJson = data;
    else if (kind === EventKind.VECTORS)
      this.#vectors.add(data, table[at + Column.DELTAS], bytes);
    this.delivered += bytes;
    this.acknowledge();
  }

  // Ends the call as CANCELLED, unless it ends before.
  abort(cause) {
    this.cancel(cause);
  }

  // Without the core's receipt nobody knows which inputs the vectors belong to.
  fail(error, cause) {
    if (this.ended) return;
    this.cause ??= cause;
    this.#vectors = new Vectors(this.native, 0);
    this.#end({ outcome: "failed", error }, true);
  }

  #end(receipt, failed) {
    this.#receipt = receipt;
    this.finish();
    this.native.removeWaiter();
    if (failed) {
      this.#resolve(failLater(() => this.#error(receipt)));
      return;
    }
    try {
      this.#resolve(this.#response(receipt));
    } catch (error) {
      this.#reject(unreadable(error));
    }
  }

  // Only vectors come in parts; of a result there is all or nothing.
  #error(receipt) {
    try {
      const isEmbed = this.#operation === "embed";
      const partial = isEmbed ? this.#response(receipt) : null;
      const error = errorFields(receipt.error ?? {});
      return new LlmError(error, partial, this.cause);
    } catch (error) {
      return unreadable(error);
    }
  }

  #response(receipt) {
    const start = JSON.parse(this.#startJson);
    const found =
      this.#operation === "embed"
        ? this.#vectors
        : JSON.parse(this.#resultJson);
    return this.#read(start, found, receipt);
  }
}

function unreadable(error) {
  const message = `the result could not be read: ${error.message}`;
  return new LlmError({ kind: "INTERNAL", message }, null, error);
}

module.exports = { OperationCall };
