// LiterLlm: the options, the calls, and the native client that is made at the first request.
"use strict";

const { follow } = require("./abort_signals.cjs");
const { RowsBuilder } = require("./batch_responses.cjs");
const { Batches } = require("./batches.cjs");
const { findKeyFunction, withoutFunction } = require("./key_function.cjs");
const { LlmError, configError, invalidRequest } = require("./error.cjs");
const { map } = require("./map.cjs");
const { NativeClient } = require("./native_client.cjs");
const { OperationCall } = require("./operation.cjs");
const {
  checkCallOptions,
  checkIsObject,
  checkRequestFields,
  readCallOptions,
  readClientOptions,
  readCollect,
  refuseSignal,
  requestToJson,
} = require("./options.cjs");
const { Receiver } = require("./receiver.cjs");
const { ResponseBuilder } = require("./response.cjs");
const { Stream } = require("./stream.cjs");

// What is said where a request is none.
const EXPECTED = {
  embed: "request must be an object with model and input",
  rerank: "request must be an object with model, query and documents",
  models: "request must be an object such as {}",
  count_tokens: "request must be an object with model and messages",
};

class LiterLlm {
  #options;
  #native = null;
  #closed = false;
  #batch = new Batches(
    (...operation) => this.#operate(...operation),
    (fields, mode) => this.#startRows(fields, mode),
  );

  constructor(options = {}) {
    this.#options = readClientOptions(options);
  }

  invoke(request, options = {}) {
    const expected = "request must be an object with model and messages";
    checkIsObject(request, expected, invalidRequest);
    const { signal, callOptions } = readCallOptions(options);
    const open = (fields, mode) => {
      this.#refuseIfClosed();
      checkRequestFields(request, "chat");
      checkCallOptions(callOptions, "chat");
      return this.#startStream(fields, mode);
    };
    return new Stream(open, { ...request, ...callOptions }, signal);
  }

  map(requests, options = {}) {
    const expected = "options must be an object such as { concurrency: 100 }";
    checkIsObject(options, expected, invalidRequest);
    refuseSignal(options);
    const { concurrency, ordered, ...ofCalls } = options;
    const { signal, callOptions } = readCallOptions(ofCalls);
    checkCallOptions(callOptions, "chat");
    const invoke = (request) => this.invoke(request, ofCalls);
    return map(invoke, requests, { concurrency, ordered, signal });
  }

  async embed(request, options) {
    return this.#operate("embed", request, options);
  }

  async rerank(request, options) {
    return this.#operate("rerank", request, options);
  }

  async models(request = {}, options = {}) {
    return this.#operate("models", request, options);
  }

  async countTokens(request, options) {
    return this.#operate("count_tokens", request, options);
  }

  async stats() {
    return this.#operate("stats", {});
  }

  get batch() {
    return this.#batch;
  }

  close() {
    this.#closed = true;
    this.#native?.close();
  }

  #refuseIfClosed() {
    if (!this.#closed) return;
    const message = "this LiterLlm is closed; make a new one";
    throw new LlmError({ kind: "CLOSED", message });
  }

  // Starts an operation at once. Its promise keeps the process alive, as an awaited stream does.
  // `read` makes what it finds of the result, where that is not the response of the operation.
  #operate(operation, request, options = {}, read) {
    checkIsObject(request, EXPECTED[operation], invalidRequest);
    const { signal, callOptions } = readCallOptions(options);
    this.#refuseIfClosed();
    checkRequestFields(request, operation);
    checkCallOptions(callOptions, operation);
    if (signal?.aborted) {
      const message = "the signal was aborted before the call started";
      throw new LlmError({ kind: "CANCELLED", message }, null, signal.reason);
    }
    const inputs = Array.isArray(request.input) ? request.input.length : 1;
    const call = this.#start(
      { operation, ...request, ...callOptions },
      (common) => new OperationCall({ operation, inputs, read, ...common }),
    );
    call.native.addWaiter();
    if (signal) follow(signal, call);
    return call.promise;
  }

  // `collect` says whether the response is kept, which the core need not know.
  #startStream({ collect: ofCall, ...fields }, mode) {
    const byDefault = readCollect(this.#options.collect, configError) ?? true;
    const collect = readCollect(ofCall, invalidRequest) ?? byDefault;
    const response = new ResponseBuilder(collect);
    return this.#start(
      fields,
      (common) => new Receiver({ mode, response, ...common }),
    );
  }

  #startRows(fields, mode) {
    this.#refuseIfClosed();
    const response = new RowsBuilder();
    return this.#start(
      fields,
      (common) => new Receiver({ mode, response, ...common }),
    );
  }

  // Starts a call, which `make` makes.
  #start(fields, make) {
    const { collect: _, ...options } = this.#options;
    const requestJson = requestToJson(withoutFunction(fields));
    this.#native ??= new NativeClient(this, withoutFunction(options));
    const native = this.#native;
    const keyFunction = findKeyFunction(fields, options);
    const call = make({ native, keyFunction, owner: this });
    native.start(call, requestJson);
    return call;
  }
}

module.exports = { LiterLlm };
