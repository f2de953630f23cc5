// What batch.submit() and the like return: the state of a batch, and what became of a row. Absent
// fields are null, and those that a later core adds are ignored.
"use strict";

const { LlmError } = require("./error.cjs");
const { errorFields, usageFields } = require("./fields.cjs");
const { toNumbers } = require("./operation_responses.cjs");
const { ResponseBuilder } = require("./response.cjs");
const { EventKind } = require("./schema.cjs");

class Batch {
  constructor(data) {
    Object.assign(this, {
      batch: data.batch,
      id: data.id,
      provider: data.provider,
      state: data.state,
      stateRaw: data.state_raw ?? null,
      counts: data.counts ?? {},
      createdAt: data.created_at ?? null,
      endedAt: data.ended_at ?? null,
      expiresAt: data.expires_at ?? null,
      model: data.model ?? null,
      endpoint: data.endpoint ?? null,
      metadata: data.metadata ?? {},
      error: errorOf(data),
      raw: data.raw ?? {},
    });
  }
}

const batchesOf = (list) => list.map((data) => new Batch(data));

// What a stream of rows knows of its response: nothing is kept, and each row goes to the reader.
class RowsBuilder extends ResponseBuilder {
  constructor() {
    super(false);
  }

  startEvent() {
    return null;
  }

  endEvent() {
    return null;
  }

  add(kind, json) {
    return kind === EventKind.RESULT ? readRow(JSON.parse(json)) : null;
  }

  // Rows that came before an error were given to the reader.
  build() {
    return null;
  }
}

function readRow(data) {
  const { id, outcome, response } = data;
  return {
    ...{ id, outcome, error: errorOf(data) },
    response: response == null ? null : responseFields(response),
  };
}

function responseFields(data) {
  const fields = {
    id: data.id ?? null,
    model: data.model ?? "",
    text: data.text ?? "",
    reasoning: data.reasoning ?? "",
    refusal: data.refusal ?? null,
    toolCalls: data.tool_calls ?? [],
    parts: data.parts ?? [],
    finishReason: data.finish_reason ?? null,
    finishReasonRaw: data.finish_reason_raw ?? null,
    usage: data.usage == null ? null : usageFields(data.usage),
    vectors: data.vectors?.map((vector) => Float32Array.from(vector)) ?? null,
    dimensions: data.dimensions ?? null,
  };
  const { vectors } = fields;
  const toJSON = () => ({ ...fields, vectors: vectors.map(toNumbers) });
  if (vectors !== null)
    Object.defineProperty(fields, "toJSON", { value: toJSON });
  return fields;
}

const errorOf = ({ error }) =>
  error == null ? null : new LlmError(errorFields(error));

module.exports = { Batch, RowsBuilder, batchesOf };
