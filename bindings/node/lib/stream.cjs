// Stream: what invoke() returns. A request that is sent when it is first read or awaited, and, with
// `output`, those that have the model mend its response.
"use strict";

const { ASYNC_DISPOSE } = require("./async_dispose.cjs");
const { Invocation } = require("./invocation.cjs");
const { hasOutput, setOutput } = require("./llm_response.cjs");
const { repairRequest } = require("./output/output.cjs");
const { PartialReader } = require("./output/partial_reader.cjs");
const { Mode } = require("./receiver.cjs");
const { ResponseBuilder } = require("./response.cjs");
const { INSPECT, inspectAs } = require("./shown.cjs");
const { readableOf, responseOf } = require("./web_stream.cjs");

const ONCE =
  "a stream can be read only once; call invoke() again for a new one";
const NOT_READ = "the output is not read yet; await the stream";
const CALLS_TOOLS = "the response calls tools, and has no output yet";

class Stream {
  #invocation;
  #output;
  #reply = null;

  // `output` is what the response is to be read as, or null.
  constructor(open, fields, signal, output = null) {
    this.#output = output;
    const asked = output === null ? fields : output.apply(fields);
    this.#invocation = new Invocation(open, asked, signal, ONCE);
  }

  [Symbol.asyncIterator]() {
    return this.#invocation.claim(Mode.TOKENS);
  }

  events() {
    return this.#invocation.claim(Mode.EVENTS);
  }

  partials() {
    if (this.#output === null)
      throw new TypeError("partials() needs the option output");
    const tokens = this.#invocation.claim(Mode.TOKENS);
    return new PartialReader(tokens, this.#output, () => this.#whole());
  }

  async begin() {
    await this.#invocation.begin();
  }

  then(onResponse, onError) {
    return this.#whole().then(onResponse, onError);
  }

  catch(onError) {
    return this.then(undefined, onError);
  }

  finally(onEnd) {
    return this.#whole().finally(onEnd);
  }

  cancel() {
    this.#invocation.cancel();
  }

  get response() {
    const { receiver } = this.#invocation;
    const response = (receiver?.response ?? new ResponseBuilder()).build();
    if (this.#output !== null && !hasOutput(response))
      setOutput(response, { reason: NOT_READ });
    return response;
  }

  toReadableStream(options) {
    return readableOf(this, options);
  }

  toTextStreamResponse(init) {
    return responseOf(this, "text", init);
  }

  toEventStreamResponse(init) {
    return responseOf(this, "sse", init);
  }

  async [ASYNC_DISPOSE]() {
    this.cancel();
  }

  [INSPECT](...how) {
    return inspectAs("Stream", this.#shown(), ...how);
  }

  toString() {
    const { state, model } = this.#shown();
    return `[Stream ${state}${model === "" ? "" : `, ${model}`}]`;
  }

  #shown() {
    const { receiver } = this.#invocation;
    const { response } = this;
    const { provider, model, outcome, text, attempts } = response;
    const state = outcome ?? (receiver === null ? "not started" : "running");
    return { state, provider, model, characters: text.length, attempts };
  }

  #whole() {
    this.#reply ??=
      this.#output === null ? this.#invocation.whole() : this.#readOutput();
    return this.#reply;
  }

  // Asks again where the output is wrong, unless somebody has read the text of that response.
  async #readOutput() {
    const output = this.#output;
    const rejected = [];
    for (;;) {
      const response = await this.#invocation.whole();
      try {
        const found = await output.read(response);
        setOutput(response, {
          ...(found ?? { reason: CALLS_TOOLS }),
          rejected,
        });
        return response;
      } catch (error) {
        setOutput(response, { reason: error.message, rejected });
        const mayRetry =
          rejected.length < output.retries && !this.#invocation.claimed;
        const repaired = (fields) =>
          mayRetry ? repairRequest(fields, error) : null;
        const next = this.#invocation.again(repaired);
        if (next === null) throw error;
        rejected.push(response);
        this.#invocation = next;
      }
    }
  }
}

module.exports = { Stream };
