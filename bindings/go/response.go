//go:build cgo

package literllm

import "time"

// Usage counts tokens, as far as they are known: a count that the provider did not give is nil.
type Usage struct {
	// InputTokens are those of the request.
	InputTokens *int64 `json:"input_tokens,omitempty"`
	// OutputTokens are those of the response.
	OutputTokens *int64 `json:"output_tokens,omitempty"`
	// TotalTokens are all tokens, where the provider counts them.
	TotalTokens *int64 `json:"total_tokens,omitempty"`
	// CachedInputTokens are those of the request that were read from a cache.
	CachedInputTokens *int64 `json:"cached_input_tokens,omitempty"`
	// CacheWriteTokens are those of the request that were written to a cache.
	CacheWriteTokens *int64 `json:"cache_write_tokens,omitempty"`
	// ReasoningTokens were spent on reasoning.
	ReasoningTokens *int64 `json:"reasoning_tokens,omitempty"`
	// BilledInputTokens are those of the request that are charged, where that is another number.
	BilledInputTokens *int64 `json:"billed_input_tokens,omitempty"`
	// BilledOutputTokens are those of the response that are charged, where that is another number.
	BilledOutputTokens *int64 `json:"billed_output_tokens,omitempty"`
	// Raw is the provider's usage object; numbers are a json.Number.
	Raw map[string]any `json:"raw,omitempty"`
}

// Tried is one attempt of a call: whom it asked, and what came of it.
type Tried struct {
	// Provider is the provider that was asked.
	Provider string `json:"provider"`
	// Model is the model, as the request named it.
	Model string `json:"model"`
	// Kind is the kind of error that it ended with, such as RATE_LIMITED; empty for the attempt that
	// was answered whole.
	Kind string `json:"kind,omitempty"`
	// Status is the HTTP status, where one was received; otherwise 0.
	Status int `json:"status,omitempty"`
	// Milliseconds is how long it took, without the wait before the next one.
	Milliseconds float64 `json:"milliseconds"`
	// MaybeExecuted says whether it failed and the provider may have run it, and may bill it.
	MaybeExecuted bool `json:"maybe_executed,omitempty"`
}

// Receipt says how a stream ended.
type Receipt struct {
	// Outcome is complete, truncated, cancelled or failed.
	Outcome string `json:"outcome"`
	// FinishReason is why the model stopped: stop, length, tool_calls, content_filter, pause, error
	// or other; empty where it did not say.
	FinishReason string `json:"finish_reason"`
	// FinishReasonRaw is the provider's own word for the finish reason.
	FinishReasonRaw string `json:"finish_reason_raw"`
	// Usage is nil where the provider counted nothing.
	Usage *Usage `json:"usage"`
	// Attempts is how many requests were sent.
	Attempts int `json:"attempts"`
	// Tried are all attempts of the call in order, where there were several or fallbacks; at most
	// the last 64.
	Tried []Tried `json:"tried"`
	// Requests is into how many HTTP requests a call was split, each with its own retries; 0 for a
	// chat.
	Requests int `json:"requests"`
	// Dimensions is how many numbers each vector of an Embed has.
	Dimensions int `json:"dimensions"`
	// Count is how many vectors of an Embed came.
	Count int `json:"count"`
	// Truncated are the positions of the inputs of an Embed that the provider cut, where it says so.
	Truncated []int `json:"truncated"`
	// FinishedRanges say, of an Embed that failed, which inputs have vectors: each is the first input
	// and the one behind the last.
	FinishedRanges [][2]int `json:"finished_ranges"`
	// FailedRanges are the inputs of an Embed that failed which have no vectors.
	FailedRanges [][2]int `json:"failed_ranges"`
	// UnknownEvents counts the events of the stream that this version does not know and skipped.
	UnknownEvents int `json:"unknown_events"`
	// Warnings say what is unusual about a complete response, such as a missing finish reason. Those
	// of a Response begin with Start's.
	Warnings []string `json:"warnings"`
	// RequestID is the provider's request id.
	RequestID string `json:"request_id"`
	// FirstToken is the time from the call to its first content; 0 without content.
	FirstToken time.Duration `json:"-"`
	// Total is the time from the call to its end.
	Total time.Duration `json:"-"`
	// Queued is how long the call waited for its turn, all its requests together, as the client's
	// pacing options want it.
	Queued time.Duration `json:"-"`
}

// receiptFields are the fields of END as the library has them.
type receiptFields struct {
	Receipt
	Timings struct {
		FirstTokenMS float64 `json:"first_token_ms"`
		TotalMS      float64 `json:"total_ms"`
		QueuedMS     float64 `json:"queued_ms"`
	} `json:"timings"`
	Error *errorFields `json:"error"`
}

func (f *receiptFields) receipt() Receipt {
	receipt := f.Receipt
	receipt.FirstToken = milliseconds(f.Timings.FirstTokenMS)
	receipt.Total = milliseconds(f.Timings.TotalMS)
	receipt.Queued = milliseconds(f.Timings.QueuedMS)
	return receipt
}

func milliseconds(value float64) time.Duration {
	return time.Duration(value * float64(time.Millisecond))
}

// Source says who responded.
type Source struct {
	// ID is the provider's response id.
	ID string
	// Model is the model that responded, as the provider names it; else as the request named it.
	Model string
	// Provider is the provider that was asked.
	Provider string
	// RateLimit is what the rate-limit headers said; numbers are a json.Number.
	RateLimit map[string]any
	// Headers are the response headers that [WithReportHeaders] names, by lower-case name.
	Headers map[string]string
}

// Response is a whole response, or as much of it as was received.
type Response struct {
	Receipt
	Source
	// Collected is false with [WithCollect](false) or Request.Collect. Then the fields below were
	// only given to the reader: they are empty here, and so is Message.
	Collected bool
	// Text is all of the text.
	Text string
	// Reasoning is all of the visible reasoning.
	Reasoning string
	// Refusal is the model's refusal, where the provider sends it apart from text.
	Refusal string
	// ToolCalls are the calls of a complete response.
	ToolCalls []ToolCall
	// Parts are all other parts, in order.
	Parts []Part
	// Vectors are those that had come when an Embed failed, as [EmbedResponse] has them. Those of the
	// inputs in FinishedRanges are there, in their order.
	Vectors [][]float32

	content []any
}

// Message returns the response as a message for the next request, with everything that the provider
// wants back. The message of a response that was not collected is empty, and a request that has it
// is refused.
func (r *Response) Message() Message {
	message := Message{Role: "assistant", Refusal: r.Refusal}
	message.notCollected = !r.Collected && r.Text == "" && len(r.ToolCalls) == 0
	if len(r.content) > 0 {
		message.Content = r.content
	} else if r.Text != "" {
		message.Content = r.Text
	}
	for _, call := range r.ToolCalls {
		function := Function{Name: call.Name, Arguments: call.Arguments}
		message.ToolCalls = append(message.ToolCalls,
			MessageToolCall{ID: call.ID, Type: "function", Function: function, Extra: call.Extra})
	}
	return message
}
