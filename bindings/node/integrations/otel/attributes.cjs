// What the GenAI conventions call the fields of requests and receipts, in the core's names.
//
// Names: the pages on client inference, embeddings and token metrics of
// open-telemetry/semantic-conventions-genai, as tests/telemetry/conventions.json lists them.
"use strict";

const { inputTokens } = require("../input_tokens.cjs");

// The calls that have spans, and what the conventions call them.
const OPERATIONS = { chat: "chat", embed: "embeddings", rerank: "rerank" };

const PROVIDERS = {
  azure: "azure.ai.openai",
  bedrock: "aws.bedrock",
  gemini: "gcp.gemini",
  mistral: "mistral_ai",
  moonshot: "moonshot_ai",
  vertex: "gcp.vertex_ai",
  xai: "x_ai",
};
const REQUEST = {
  frequency_penalty: "gen_ai.request.frequency_penalty",
  max_tokens: "gen_ai.request.max_tokens",
  n: "gen_ai.request.choice.count",
  presence_penalty: "gen_ai.request.presence_penalty",
  reasoning_effort: "gen_ai.request.reasoning.level",
  seed: "gen_ai.request.seed",
  temperature: "gen_ai.request.temperature",
  top_k: "gen_ai.request.top_k",
  top_p: "gen_ai.request.top_p",
  dimensions: "gen_ai.embeddings.dimension.count",
};
// The fields of a usage; behind gen_ai.usage. or gen_ai.client.inference.usage.
const USAGE = {
  input_tokens: "input_tokens",
  output_tokens: "output_tokens",
  cached_input_tokens: "cache_read.input_tokens",
  cache_write_tokens: "cache_write.input_tokens",
  reasoning_tokens: "reasoning.output_tokens",
};
const BILLED = {
  input_tokens: "billed_input_tokens",
  output_tokens: "billed_output_tokens",
};

const nameOfProvider = (provider) =>
  Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : provider;

// The provider and the model, as far as the request says.
function destinationOf(fields, options) {
  const model = String(fields.model ?? "");
  const named = [fields.provider, options.provider];
  const provider = named.find((name) => typeof name === "string");
  const begin = provider === undefined ? model.indexOf("/") : provider.length;
  const prefixed =
    provider === undefined ? begin >= 0 : model.startsWith(`${provider}/`);
  return {
    provider: provider ?? (prefixed ? model.slice(0, begin) : "unknown"),
    model: prefixed ? model.slice(begin + 1) : model,
  };
}

function ofRequest(fields, streamed) {
  const found = {};
  for (const [field, name] of Object.entries(REQUEST)) {
    const value = fields[field];
    const isPlain = ["number", "string"].includes(typeof value);
    if (isPlain && !(field === "n" && value === 1)) found[name] = value;
  }
  const { stop, response_format: format } = fields;
  if (typeof stop === "string" && stop) found[STOP] = [stop];
  else if (Array.isArray(stop) && stop.length > 0) found[STOP] = [...stop];
  if (streamed) found["gen_ai.request.stream"] = true;
  if (String(format?.type ?? "").startsWith("json"))
    found["gen_ai.output.type"] = "json";
  return found;
}

const STOP = "gen_ai.request.stop_sequences";

// What is said of the end of a call.
function ofEnd({ start, receipt, isChat, isStreamed }) {
  const { outcome, timings = {} } = receipt;
  const found = {
    "gen_ai.response.id": start.id,
    "liter_llm.attempts": receipt.attempts,
    "liter_llm.request_id": receipt.request_id ?? start.request_id,
    "liter_llm.queued_ms": timings.queued_ms,
  };
  if (isChat) {
    const reason = outcome === "complete" ? receipt.finish_reason : "error";
    found["gen_ai.response.finish_reasons"] = reason == null ? null : [reason];
  }
  if (isStreamed)
    found["gen_ai.response.time_to_first_chunk"] = secondsToFirst(receipt);
  for (const [name, count] of Object.entries(tokensOf(receipt)))
    found[`gen_ai.usage.${USAGE[name]}`] = count;
  return withoutNulls(found);
}

function ofAttempt({ provider, model, kind, status, milliseconds }) {
  return withoutNulls({
    "gen_ai.provider.name": nameOfProvider(provider ?? ""),
    "gen_ai.request.model": model,
    "error.type": kind,
    "http.response.status_code": status,
    "liter_llm.milliseconds": milliseconds,
  });
}

// What was used: the billed count where the provider has one, and cached tokens among those of the
// request, as the conventions count them.
function tokensOf(receipt) {
  const usage = receipt.usage ?? {};
  const found = {};
  for (const name of Object.keys(USAGE)) {
    const count = usage[BILLED[name]] ?? usage[name];
    if (typeof count === "number") found[name] = count;
  }
  // A billed count is whole as it is.
  if ("input_tokens" in found && usage[BILLED.input_tokens] == null)
    found.input_tokens = inputTokens({
      input: found.input_tokens,
      read: found.cached_input_tokens,
      written: found.cache_write_tokens,
      raw: usage.raw,
    }).total;
  return found;
}

// Until the first token, or undefined.
function secondsToFirst({ timings }) {
  const milliseconds = timings?.first_token_ms;
  return milliseconds == null ? undefined : milliseconds / 1000;
}

const withoutNulls = (fields) =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value != null),
  );

module.exports = {
  OPERATIONS,
  PROVIDERS,
  USAGE,
  destinationOf,
  nameOfProvider,
  ofAttempt,
  ofEnd,
  ofRequest,
  secondsToFirst,
  tokensOf,
};
