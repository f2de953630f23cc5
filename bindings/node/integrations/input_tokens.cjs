// The input tokens of a usage, and whether cached ones are among them. Pure.
"use strict";

// Counts of cached tokens that are not among the input tokens: Anthropic's API reference, usage,
// and AWS's, TokenUsage of Converse.
const APART = [
  ...["cache_read_input_tokens", "cache_creation_input_tokens"],
  ...["cacheReadInputTokens", "cacheWriteInputTokens"],
];

// All input tokens, and those that are not cached; `raw` is the provider's own usage object.
function inputTokens({ input, read, written, raw }) {
  if (input == null) return { total: undefined, noCache: undefined };
  const cached = (read ?? 0) + (written ?? 0);
  return areApart(raw ?? {})
    ? { total: input + cached, noCache: input }
    : { total: input, noCache: input - cached };
}

// OpenAI's prompt_tokens have the cached ones, whatever a gateway puts beside them.
const areApart = (raw) =>
  raw.prompt_tokens == null && APART.some((name) => raw[name] != null);

module.exports = { inputTokens };
