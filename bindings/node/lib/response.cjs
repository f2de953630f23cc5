// ResponseBuilder collects what one stream delivers and builds the LlmResponse from it.
//
// With `collect` false only the start and the receipt are kept. Both stay JSON until they are asked
// for, because a reader of the text never asks. Fields that a later core adds are ignored; absent
// ones are null.
"use strict";

const { LlmError } = require("./error.cjs");
const { errorFields, receiptFields, startFields } = require("./fields.cjs");
const { LlmResponse } = require("./llm_response.cjs");
const { EventKind } = require("./schema.cjs");

class ResponseBuilder {
  collect;
  #text = [];
  #reasoning = [];
  toolCalls = [];
  parts = [];
  outcome = null;
  failed = false;
  #blocks = [];
  #startJson = null;
  #receiptJson = null;
  #receipt = null;
  #response = null;

  constructor(collect = true) {
    this.collect = collect;
  }

  start(json) {
    this.#startJson = json;
  }

  end(json, failed) {
    this.#receiptJson = json;
    this.failed = failed;
  }

  // Ends it without a receipt of the core.
  fail(error) {
    this.#receipt = { outcome: "failed", error };
    this.failed = true;
  }

  startEvent() {
    return { type: "start", ...this.#startFields() };
  }

  endEvent() {
    const receipt = this.#parseReceipt() ?? {};
    return {
      type: "end",
      ...receiptFields(receipt),
      requestId: receipt.request_id ?? null,
      warnings: receipt.warnings ?? [],
    };
  }

  // Adds a run as it came: what stands between its deltas stays there until the text is asked for;
  // null where it has one.
  addRun(data, isText, between) {
    const runs = isText ? this.#text : this.#reasoning;
    runs.push(between === null ? data : { data, between });
  }

  // Adds another event and returns it; null for a kind that this version does not know.
  add(kind, json) {
    if (kind === EventKind.TOOL_DELTA) {
      const data = JSON.parse(json);
      const { index, id = null, name = null, arguments: piece } = data;
      return { type: "tool_delta", index, id, name, arguments: piece };
    }
    if (kind === EventKind.TOOL_CALL) {
      const { index, id, name, arguments: text, extra } = JSON.parse(json);
      const call = { index, id, name, arguments: text };
      if (extra !== undefined) call.extra = extra;
      if (this.collect) this.toolCalls.push(call);
      return { type: "tool_call", ...call };
    }
    if (kind !== EventKind.PART) return null;
    const part = JSON.parse(json);
    if (this.collect) this.#keepPart(part);
    return { type: "part", part };
  }

  #keepPart(part) {
    if (part.type === "content") {
      // Goes back to the provider unchanged, after the runs of text that came before it.
      this.#blocks.push([this.#text.length, part.content]);
    } else {
      this.parts.push(part);
    }
  }

  // The receipt's error, with the partial response.
  error(cause) {
    const error = errorFields(this.#parseReceipt()?.error ?? {});
    return new LlmError(error, this.build(), cause);
  }

  readEnd() {
    return {
      start: JSON.parse(this.#startJson ?? "{}"),
      receipt: this.#parseReceipt() ?? {},
      partial: () => this.build(),
    };
  }

  build() {
    if (this.#response !== null) return this.#response;
    const receipt = this.#parseReceipt();
    const start = this.#startFields();
    const refusals = this.parts.filter((part) => part.type === "refusal");
    const response = new LlmResponse({
      outcome: receipt?.outcome ?? this.outcome,
      collected: this.collect,
      text: textOf(this.#text),
      reasoning: textOf(this.#reasoning),
      refusal: refusals.length
        ? refusals.map((part) => part.text ?? "").join("")
        : null,
      toolCalls: [...this.toolCalls],
      parts: this.parts.filter((part) => part.type !== "refusal"),
      content: this.#content(),
      ...start,
      ...receiptFields(receipt ?? {}),
      requestId: receipt?.request_id ?? start.requestId,
      warnings: [...start.warnings, ...(receipt?.warnings ?? [])],
    });
    if (receipt !== null) this.#response = response;
    return response;
  }

  #startFields() {
    return startFields(
      this.#startJson === null ? {} : JSON.parse(this.#startJson),
    );
  }

  #parseReceipt() {
    if (this.#receipt === null && this.#receiptJson !== null) {
      this.#receipt = JSON.parse(this.#receiptJson);
    }
    return this.#receipt;
  }

  // Text and blocks in the order in which they arrived.
  #content() {
    const content = [];
    let taken = 0;
    const takeText = (position) => {
      const text = textOf(this.#text.slice(taken, position));
      if (text) content.push({ type: "text", text });
      taken = position;
    };
    for (const [position, block] of this.#blocks) {
      takeText(position);
      content.push(block);
    }
    takeText(this.#text.length);
    return content;
  }
}

const textOf = (runs) =>
  runs.map((run) => run.data?.replaceAll(run.between, "") ?? run).join("");

module.exports = { ResponseBuilder };
