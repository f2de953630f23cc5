// LiterLlm: the options, the calls, and the native client that is made at the first request.
"use strict";

const { ASYNC_DISPOSE } = require("./async_dispose.cjs");
const { follow } = require("./abort_signals.cjs");
const { RowsBuilder } = require("./batch_responses.cjs");
const { Batches } = require("./batches.cjs");
const { findKeyFunction, withoutFunction } = require("./key_function.cjs");
const { LlmError, configError, invalidRequest } = require("./error.cjs");
const { checkIsObject } = require("./describe.cjs");
const { map } = require("./map.cjs");
const { NativeClient } = require("./native_client.cjs");
const { CallContext, OBSERVER, observe } = require("./observer.cjs");
const { OperationCall } = require("./operation.cjs");
const {
  optionsToJson,
  readCallOptions,
  readClientOptions,
  readCollect,
  refuseSignal,
  requestToJson,
} = require("./options.cjs");
const { camelKeys } = require("./option_names.cjs");
const { Output } = require("./output/output.cjs");
const { Receiver } = require("./receiver.cjs");
const { checkRequestFields, requestFields } = require("./request_fields.cjs");
const { ResponseBuilder } = require("./response.cjs");
const { INSPECT, inspectAs, withoutSecrets } = require("./shown.cjs");
const { turnToStart } = require("./start_queue.cjs");
const { Stream } = require("./stream.cjs");
const { BEFORE_START, SCRIPT } = require("./testing/hooks.cjs");
const { hasUnusualOption } = require("./unusual_options.cjs");

// What is said where a request is none.
const EXPECTED = {
  embed: "request must be an object with model and input",
  rerank: "request must be an object with model, query and documents",
  models: "request must be an object such as {}",
  count_tokens: "request must be an object with model and messages",
};

// Options that are shown as they are.
const SHOWN_TEXTS = ["provider", "api", "auth", "log_level", "pacing"];

class LiterLlm {
  // In snake case.
  #options;
  #optionsJson;
  #collect;
  #logger;
  #native = null;
  #closed = false;
  #batch = new Batches(
    (...operation) => this.#operate(...operation),
    (fields, mode) => this.#startRows(fields, mode),
  );

  constructor(options = {}) {
    const { fields, collect, logger } = readClientOptions(options);
    this.#options = fields;
    this.#optionsJson = optionsToJson(withoutFunction(fields));
    this.#collect = collect;
    this.#logger = logger;
    // The core refuses it here where it is wrong.
    if (hasUnusualOption(fields)) this.#makeNative().close();
  }

  invoke(request, options) {
    const expected = "request must be an object with model and messages";
    checkIsObject(request, expected, invalidRequest);
    // It may be started elsewhere, as by a web server that sends it on.
    const context = this[OBSERVER] === null ? null : new CallContext();
    const open = (fields, mode) => this.#startStream(fields, mode, context);
    if (options === undefined) return new Stream(open, requestFields(request));
    const { signal, callOptions } = readCallOptions(options, "chat");
    const output = takeOutput(callOptions);
    const asked = Object.assign(requestFields(request), callOptions);
    return new Stream(open, asked, signal, output);
  }

  map(requests, options = {}) {
    const expected = "options must be an object such as { concurrency: 100 }";
    checkIsObject(options, expected, invalidRequest);
    refuseSignal(options);
    const { concurrency, ordered, ...ofCalls } = options;
    const own = ["concurrency", "ordered"];
    const { signal } = readCallOptions(ofCalls, "chat", own);
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

  // What provider `script` was asked, as the core has it.
  async [SCRIPT](change = {}) {
    const read = (_, found) => found;
    return this.#operate("script", change, {}, { read });
  }

  [BEFORE_START](fields) {
    return fields;
  }

  close() {
    this.#closed = true;
    this.#native?.close();
  }

  async [ASYNC_DISPOSE]() {
    this.close();
  }

  [INSPECT](...how) {
    return inspectAs("LiterLlm", this.#shown(), ...how);
  }

  toString() {
    const { provider } = this.#options;
    return provider === undefined ? "[LiterLlm]" : `[LiterLlm ${provider}]`;
  }

  // No text but the names of what is asked: others may be secrets.
  #shown() {
    const { base_url: baseUrl } = this.#options;
    const plain = Object.entries(this.#options).filter(
      ([name, value]) =>
        SHOWN_TEXTS.includes(name) ||
        ["number", "boolean"].includes(typeof value),
    );
    const fields = camelKeys(Object.fromEntries(plain));
    if (typeof baseUrl === "string") fields.baseUrl = withoutSecrets(baseUrl);
    return { ...fields, closed: this.#closed };
  }

  #refuseIfClosed() {
    if (!this.#closed) return;
    const message = "this LiterLlm is closed; make a new one";
    throw new LlmError({ kind: "CLOSED", message });
  }

  // Starts an operation, as soon as it is its turn. Its promise keeps the process alive, as an
  // awaited stream does. `read` makes what it finds of the result, where that is not the response
  // of the operation.
  async #operate(operation, request, options = {}, { read, own } = {}) {
    checkIsObject(request, EXPECTED[operation], invalidRequest);
    const { signal, callOptions } = readCallOptions(options, operation, own);
    const turn = turnToStart();
    if (turn !== null) await turn;
    this.#refuseIfClosed();
    checkRequestFields(request, operation);
    if (signal?.aborted) {
      const message = "the signal was aborted before the call started";
      throw new LlmError({ kind: "CANCELLED", message }, null, signal.reason);
    }
    const inputs = Array.isArray(request.input) ? request.input.length : 1;
    const call = this.#startObserved(
      { operation, ...requestFields(request), ...callOptions },
      (common) => new OperationCall({ operation, inputs, read, ...common }),
    );
    call.native.addWaiter();
    if (signal) follow(signal, call);
    return call.promise;
  }

  // `collect` says whether the response is kept, which the core need not know.
  #startStream(asked, mode, context) {
    this.#refuseIfClosed();
    checkRequestFields(asked, "chat");
    const collect = readCollect(asked.collect, invalidRequest) ?? this.#collect;
    const fields = "collect" in asked ? withoutCollect(asked) : asked;
    const response = new ResponseBuilder(collect);
    return this.#startObserved(
      fields,
      (common) => new Receiver(mode, response, common),
      context,
    );
  }

  // Tells who observes this LiterLlm; `context` is where the call was made, if not here.
  #startObserved(fields, make, context = null) {
    const observer = this[OBSERVER];
    const options = this.#options;
    const observed =
      observer && observe(observer, { fields, options, context });
    if (!observed) return this.#start(fields, make);
    try {
      const call = this.#start(observed.addHeaders(fields, options), make);
      call.observed = observed;
      return call;
    } catch (error) {
      observed.fail(error);
      throw error;
    }
  }

  #startRows(fields, mode) {
    this.#refuseIfClosed();
    const response = new RowsBuilder();
    return this.#start(
      fields,
      (common) => new Receiver(mode, response, common),
    );
  }

  // Starts a call, which `make` makes.
  #start(given, make) {
    const fields = this[BEFORE_START](given);
    const requestJson = requestToJson(withoutFunction(fields));
    this.#native ??= this.#makeNative();
    const native = this.#native;
    const keyFunction = findKeyFunction(fields, this.#options);
    const call = make({ native, keyFunction, owner: this });
    native.start(call, requestJson);
    return call;
  }

  #makeNative() {
    const { stream_window_bytes: windowBytes, log_level: level = "off" } =
      this.#options;
    return new NativeClient(this, {
      json: this.#optionsJson,
      windowBytes,
      logger: this.#logger,
      logs: level !== "off",
    });
  }
}

const withoutCollect = ({ collect: _, ...fields }) => fields;

// Takes out of the options of a call what its response is to be read as; null where there is none.
function takeOutput(callOptions) {
  const { output, output_retries: retries } = callOptions;
  if (output === undefined && retries === undefined) return null;
  if (output === undefined) throw configError("outputRetries needs output");
  delete callOptions.output;
  delete callOptions.output_retries;
  return new Output(output, retries);
}

// Nobody observes; liter-llm/otel may.
Object.defineProperty(LiterLlm.prototype, OBSERVER, {
  value: null,
  writable: true,
});

module.exports = { LiterLlm };
