package otelliterllm

import (
	"slices"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// What was used of tokens, as the conventions count it.

// What is counted; behind gen_ai.usage. and gen_ai.client.inference.usage.
const (
	inputTokens  = "input_tokens"
	outputTokens = "output_tokens"
	cacheRead    = "cache_read.input_tokens"
	cacheWrite   = "cache_write.input_tokens"
	reasoning    = "reasoning.output_tokens"
)

// counted is a number of tokens; nil where it is not known.
type counted struct {
	name  string
	count *int64
}

// tokensOf is what was used: the billed count where the provider has one.
func tokensOf(usage *literllm.Usage) []counted {
	if usage == nil {
		usage = &literllm.Usage{}
	}
	input, output := usage.BilledInputTokens, usage.BilledOutputTokens
	if input == nil {
		input = allInputTokens(usage)
	}
	if output == nil {
		output = usage.OutputTokens
	}
	return []counted{{inputTokens, input}, {outputTokens, output},
		{cacheRead, usage.CachedInputTokens}, {cacheWrite, usage.CacheWriteTokens},
		{reasoning, usage.ReasoningTokens}}
}

// Counts of cached tokens that are not among the input tokens: Anthropic's API reference, usage,
// and AWS's, TokenUsage of Converse.
var apart = []string{"cache_read_input_tokens", "cache_creation_input_tokens",
	"cacheReadInputTokens", "cacheWriteInputTokens"}

// allInputTokens are all of the request, as the conventions count them: cached ones too.
func allInputTokens(usage *literllm.Usage) *int64 {
	if usage.InputTokens == nil || usage.Raw["prompt_tokens"] != nil {
		return usage.InputTokens
	}
	isApart := func(name string) bool { return usage.Raw[name] != nil }
	if !slices.ContainsFunc(apart, isApart) {
		return usage.InputTokens
	}
	sum := *usage.InputTokens
	for _, cached := range []*int64{usage.CachedInputTokens, usage.CacheWriteTokens} {
		if cached != nil {
			sum += *cached
		}
	}
	return &sum
}
