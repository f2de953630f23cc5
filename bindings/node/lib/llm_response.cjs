// LlmResponse: what a model answered, or as much of it as was received.
"use strict";

const { INSPECT, inspectAs } = require("./shown.cjs");

// What became of the option `output`: its `value`, or the `reason` why there is none, and which
// responses were `rejected` before. Not enumerable.
const OUTPUT = Symbol("output");

class LlmResponse {
  constructor(fields) {
    Object.assign(this, fields);
  }

  // What the option `output` asked for.
  get output() {
    const found = this[OUTPUT];
    if (found?.reason !== undefined) throw new TypeError(found.reason);
    return found?.value;
  }

  // The responses whose output was not what was asked for, before this one.
  get rejected() {
    return this[OUTPUT]?.rejected ?? [];
  }

  // The response as a message, to be appended to the messages of the next request.
  get message() {
    if (!this.collected) {
      const problem =
        "the response was not collected, because collect is false";
      throw new TypeError(`${problem}; there is no message`);
    }
    const onlyText = this.content.every((part) => part.type === "text");
    const message = {
      role: "assistant",
      content: onlyText ? this.text || null : this.content,
    };
    if (this.refusal !== null) message.refusal = this.refusal;
    if (this.toolCalls.length) {
      message.tool_calls = this.toolCalls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: call.arguments },
        ...call.extra,
      }));
    }
    return message;
  }

  // All fields, as JSON.stringify() takes them.
  toJSON() {
    const found = this[OUTPUT];
    return {
      ...this,
      ...(found?.value !== undefined && { output: found.value }),
    };
  }

  toString() {
    return this.text;
  }

  [INSPECT](...how) {
    return inspectAs("LlmResponse", shown(this), ...how);
  }
}

// Text that is also the content is shown once.
function shown(response) {
  const { content, collected, ...fields } = response.toJSON();
  const isText = content.every(({ type }) => type === "text");
  if (!isText) fields.content = content;
  if (!collected) fields.collected = false;
  return fields;
}

const setOutput = (response, value) =>
  Object.defineProperty(response, OUTPUT, { value, configurable: true });

const hasOutput = (response) => response[OUTPUT] !== undefined;

module.exports = { LlmResponse, hasOutput, setOutput };
