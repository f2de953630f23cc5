// The instruments of a meter: how long calls take, and what they use.
"use strict";

const { USAGE, secondsToFirst, tokensOf } = require("./attributes.cjs");

const SECONDS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);
const PER_CALL = ["input_tokens", "output_tokens"];

class Instruments {
  #durations;
  #firstChunk;
  #tokens;
  #tokensPerCall;

  constructor(meter) {
    const seconds = (name, description) =>
      meter.createHistogram(`gen_ai.client.${name}`, {
        description,
        unit: "s",
        advice: { explicitBucketBoundaries: SECONDS },
      });
    this.#durations = {
      inference: seconds("inference.duration", "Duration of an inference"),
      operation: seconds("operation.duration", "Duration of an operation"),
    };
    this.#firstChunk = seconds(
      "inference.time_to_first_chunk",
      "Time until the first chunk of a streamed response",
    );
    const counter = ([name, counted]) => [
      name,
      meter.createCounter(`gen_ai.client.inference.usage.${counted}`, {
        description: `Tokens: ${counted}`,
        unit: "{token}",
      }),
    ];
    const histogram = (name) => [
      name,
      meter.createHistogram(`gen_ai.client.inference.operation.${name}`, {
        description: `Tokens of one call: ${name}`,
        unit: "{token}",
        advice: { explicitBucketBoundaries: TOKENS },
      }),
    ];
    this.#tokens = Object.fromEntries(Object.entries(USAGE).map(counter));
    this.#tokensPerCall = Object.fromEntries(PER_CALL.map(histogram));
  }

  // `common` are the attributes of each; `context` has the span.
  measure({ receipt, elapsed, common, context, isChat, isStreamed }) {
    const duration = this.#durations[isChat ? "inference" : "operation"];
    duration.record(elapsed, common, context);
    if (!isChat) return;
    const { "error.type": _, ...named } = common;
    const first = secondsToFirst(receipt);
    if (isStreamed && first !== undefined)
      this.#firstChunk.record(first, named, context);
    const tokens = tokensOf(receipt);
    for (const name of PER_CALL)
      if (tokens[name] !== undefined)
        this.#tokensPerCall[name].record(tokens[name], named, context);
    // A call without a usage counts as 0, as the conventions want it.
    const counted = { input_tokens: 0, output_tokens: 0, ...tokens };
    const ofTokens = { ...named, "gen_ai.token.modality": "unknown" };
    for (const [name, count] of Object.entries(counted))
      this.#tokens[name].add(count, ofTokens, context);
  }
}

module.exports = { Instruments };
