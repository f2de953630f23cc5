// What embed, rerank, models, countTokens and stats return.
"use strict";

const { costFields, pick, startFields } = require("./fields.cjs");
const {
  INPUT_TOKENS_FIELDS,
  MODEL_FIELDS,
  PROVIDER_STATS_FIELDS,
  RERANK_RESULT_FIELDS,
} = require("./schema.cjs");

class EmbedResponse {
  #vectors = null;

  constructor(start, { count, dimensions, numbers }, receipt) {
    Object.assign(this, commonFields(start, receipt), {
      values: numbers,
      dimensions: receipt.dimensions ?? dimensions,
      count,
      truncated: receipt.truncated ?? [],
      finishedRanges: receipt.finished_ranges ?? [],
      failedRanges: receipt.failed_ranges ?? [],
    });
  }

  // Vectors as lists of numbers: JSON.stringify() would write each as an object.
  toJSON() {
    const { values: _, ...fields } = this;
    return { ...fields, vectors: this.vectors.map(toNumbers) };
  }

  get vectors() {
    this.#vectors ??= Array.from({ length: this.count }, (_, index) => {
      const start = index * this.dimensions;
      return this.values.subarray(start, start + this.dimensions);
    });
    return this.#vectors;
  }
}

class RerankResponse {
  constructor(start, { results }, receipt) {
    Object.assign(this, commonFields(start, receipt), {
      results: results.map((result) => pick(result, RERANK_RESULT_FIELDS)),
    });
  }
}

class ModelsResponse {
  constructor(start, { models }, receipt) {
    Object.assign(this, commonFields(start, receipt), {
      models: models.map((model) => pick(model, MODEL_FIELDS)),
    });
  }
}

class CountTokensResponse {
  constructor(start, result, receipt) {
    const tokens = pick(result, INPUT_TOKENS_FIELDS);
    Object.assign(this, commonFields(start, receipt), tokens);
  }
}

// Nobody was asked, so there is no more to say than what was counted.
class Stats {
  constructor(start, { live, queued, providers }) {
    const entries = Object.entries(providers).map(([name, counted]) => [
      name,
      pick(counted, PROVIDER_STATS_FIELDS),
    ]);
    Object.assign(this, {
      live,
      queued,
      providers: Object.fromEntries(entries),
    });
  }
}

// A number of 32 bits has 9 digits at most.
const toNumbers = (vector) =>
  Array.from(vector, (number) => Number(number.toPrecision(9)));

function commonFields(start, receipt) {
  const fields = startFields(start);
  return {
    outcome: receipt.outcome ?? null,
    ...fields,
    ...costFields(receipt),
    requests: receipt.requests ?? 0,
    totalMs: receipt.timings?.total_ms ?? null,
    queuedMs: receipt.timings?.queued_ms ?? null,
    requestId: receipt.request_id ?? fields.requestId,
    warnings: [...fields.warnings, ...(receipt.warnings ?? [])],
  };
}

// The class of each operation's response.
const RESPONSES = {
  embed: EmbedResponse,
  rerank: RerankResponse,
  models: ModelsResponse,
  count_tokens: CountTokensResponse,
  stats: Stats,
};

module.exports = {
  CountTokensResponse,
  EmbedResponse,
  ModelsResponse,
  RESPONSES,
  RerankResponse,
  Stats,
  toNumbers,
};
