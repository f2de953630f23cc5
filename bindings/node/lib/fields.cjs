// The fields of the core's objects under their names here: absent ones are null, and those that a
// later core adds are ignored.
"use strict";

const { camelCase, camelKeys, errorMessage } = require("./option_names.cjs");

function startFields(data) {
  return {
    id: data.id ?? null,
    model: data.model ?? "",
    provider: data.provider ?? "",
    requestId: data.request_id ?? null,
    rateLimit: camelKeys(data.rate_limit ?? {}),
    headers: data.headers ?? {},
    warnings: data.warnings ?? [],
  };
}

// What the end of a chat has.
function receiptFields(data) {
  return {
    finishReason: data.finish_reason ?? null,
    finishReasonRaw: data.finish_reason_raw ?? null,
    ...costFields(data),
    unknownEvents: data.unknown_events ?? 0,
    firstTokenMs: data.timings?.first_token_ms ?? null,
    totalMs: data.timings?.total_ms ?? null,
    queuedMs: data.timings?.queued_ms ?? null,
  };
}

// What every end has.
function costFields(data) {
  return {
    usage: data.usage == null ? null : usageFields(data.usage),
    attempts: data.attempts ?? 0,
    tried: (data.tried ?? []).map(triedFields),
  };
}

function triedFields(data) {
  return {
    provider: data.provider ?? "",
    model: data.model ?? "",
    kind: data.kind ?? null,
    status: data.status ?? null,
    milliseconds: data.milliseconds ?? 0,
    maybeExecuted: data.maybe_executed ?? false,
  };
}

function usageFields(data) {
  return {
    inputTokens: data.input_tokens ?? null,
    outputTokens: data.output_tokens ?? null,
    totalTokens: data.total_tokens ?? null,
    cachedInputTokens: data.cached_input_tokens ?? null,
    cacheWriteTokens: data.cache_write_tokens ?? null,
    reasoningTokens: data.reasoning_tokens ?? null,
    billedInputTokens: data.billed_input_tokens ?? null,
    billedOutputTokens: data.billed_output_tokens ?? null,
    raw: data.raw ?? {},
  };
}

// The error object of the core.
function errorFields(error) {
  const { tried } = error;
  const fields = { ...error, message: errorMessage(error) };
  return tried ? { ...fields, tried: tried.map(triedFields) } : fields;
}

// The named fields of an object of the core; their names are in snake case.
function pick(data, names) {
  return Object.fromEntries(
    names.map((name) => [camelCase(name), data[name] ?? null]),
  );
}

module.exports = {
  costFields,
  errorFields,
  pick,
  receiptFields,
  startFields,
  usageFields,
};
