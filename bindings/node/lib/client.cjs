// LiterLlm: the options, and the native client that is made from them at the first request.
"use strict";

const { findKeyFunction, withoutFunction } = require("./key_function.cjs");
const { LlmError, configError, invalidRequest } = require("./error.cjs");
const { NativeClient } = require("./native_client.cjs");
const {
  checkCallOptions,
  checkIsObject,
  checkRequestFields,
  readCallOptions,
  readClientOptions,
  readCollect,
  requestToJson,
} = require("./options.cjs");
const { Receiver } = require("./receiver.cjs");
const { Stream } = require("./stream.cjs");

class LiterLlm {
  #options;
  #native = null;
  #closed = false;

  constructor(options = {}) {
    this.#options = readClientOptions(options);
  }

  invoke(request, options = {}) {
    const expected = "request must be an object with model and messages";
    checkIsObject(request, expected, invalidRequest);
    const { signal, callOptions } = readCallOptions(options);
    const open = (fields, mode) => {
      this.#refuseIfClosed();
      checkRequestFields(request);
      checkCallOptions(callOptions);
      return this.#start(fields, mode);
    };
    return new Stream(open, { ...request, ...callOptions }, signal);
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

  // `collect` says whether the response is kept, which the core need not know.
  #start({ collect: ofCall, ...fields }, mode) {
    const { collect: ofClient, ...options } = this.#options;
    const byDefault = readCollect(ofClient, configError) ?? true;
    const collect = readCollect(ofCall, invalidRequest) ?? byDefault;
    const requestJson = requestToJson(withoutFunction(fields));
    this.#native ??= new NativeClient(this, withoutFunction(options));
    const native = this.#native;
    const keyFunction = findKeyFunction(fields, options);
    const receiver = new Receiver({
      native,
      mode,
      collect,
      keyFunction,
      owner: this,
    });
    native.start(receiver, requestJson);
    return receiver;
  }
}

module.exports = { LiterLlm };
