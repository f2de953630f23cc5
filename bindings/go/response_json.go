//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"time"
)

// Responses as JSON, for records and caches. The names are those of docs/guide.md.

// responseJSON is a [Response] as JSON.
type responseJSON struct {
	Provider  string            `json:"provider,omitempty"`
	Model     string            `json:"model,omitempty"`
	ID        string            `json:"id,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
	RateLimit map[string]any    `json:"rate_limit,omitempty"`
	Headers   map[string]string `json:"headers,omitempty"`

	Text      string     `json:"text"`
	Reasoning string     `json:"reasoning,omitempty"`
	Refusal   string     `json:"refusal,omitempty"`
	ToolCalls []ToolCall `json:"tool_calls,omitempty"`
	Parts     []Part     `json:"parts,omitempty"`
	// Message goes into the next request.
	Message   *Message    `json:"message,omitempty"`
	Collected bool        `json:"collected"`
	Vectors   [][]float32 `json:"vectors,omitempty"`

	Outcome         string   `json:"outcome,omitempty"`
	FinishReason    string   `json:"finish_reason,omitempty"`
	FinishReasonRaw string   `json:"finish_reason_raw,omitempty"`
	Usage           *Usage   `json:"usage,omitempty"`
	Attempts        int      `json:"attempts,omitempty"`
	Tried           []Tried  `json:"tried,omitempty"`
	Requests        int      `json:"requests,omitempty"`
	Dimensions      int      `json:"dimensions,omitempty"`
	Count           int      `json:"count,omitempty"`
	Truncated       []int    `json:"truncated,omitempty"`
	FinishedRanges  [][2]int `json:"finished_ranges,omitempty"`
	FailedRanges    [][2]int `json:"failed_ranges,omitempty"`
	UnknownEvents   int      `json:"unknown_events,omitempty"`
	Warnings        []string `json:"warnings,omitempty"`

	Timings timingsJSON `json:"timings"`
}

type timingsJSON struct {
	FirstTokenMS float64 `json:"first_token_ms,omitempty"`
	TotalMS      float64 `json:"total_ms,omitempty"`
	QueuedMS     float64 `json:"queued_ms,omitempty"`
}

// MarshalJSON writes the response under the names that the library has for its fields, with its
// message for the next request.
func (r Response) MarshalJSON() ([]byte, error) {
	receipt, source := &r.Receipt, &r.Source
	written := responseJSON{
		Provider: source.Provider, Model: source.Model, ID: source.ID, RateLimit: source.RateLimit,
		Headers: source.Headers, RequestID: receipt.RequestID,
		Text: r.Text, Reasoning: r.Reasoning, Refusal: r.Refusal, ToolCalls: r.ToolCalls,
		Parts: r.Parts, Collected: r.Collected, Vectors: r.Vectors,
		Outcome: receipt.Outcome, FinishReason: receipt.FinishReason,
		FinishReasonRaw: receipt.FinishReasonRaw, Usage: receipt.Usage, Attempts: receipt.Attempts,
		Tried: receipt.Tried, Requests: receipt.Requests, Dimensions: receipt.Dimensions,
		Count: receipt.Count, Truncated: receipt.Truncated,
		FinishedRanges: receipt.FinishedRanges, FailedRanges: receipt.FailedRanges,
		UnknownEvents: receipt.UnknownEvents, Warnings: receipt.Warnings,
		Timings: timingsJSON{
			inFraction(receipt.FirstToken), inFraction(receipt.Total), inFraction(receipt.Queued),
		},
	}
	if message := r.Message(); !message.notCollected {
		written.Message = &message
	}
	return marshalPlain(written)
}

// UnmarshalJSON reads what [Response.MarshalJSON] wrote. The message of the response is the same.
func (r *Response) UnmarshalJSON(text []byte) error {
	var written responseJSON
	if err := unmarshalNumbers(text, &written); err != nil {
		return err
	}
	*r = Response{
		Receipt: Receipt{
			Outcome: written.Outcome, FinishReason: written.FinishReason,
			FinishReasonRaw: written.FinishReasonRaw, Usage: written.Usage,
			Attempts: written.Attempts, Tried: written.Tried, Requests: written.Requests,
			Dimensions: written.Dimensions, Count: written.Count, Truncated: written.Truncated,
			FinishedRanges: written.FinishedRanges, FailedRanges: written.FailedRanges,
			UnknownEvents: written.UnknownEvents, Warnings: written.Warnings,
			RequestID:  written.RequestID,
			FirstToken: milliseconds(written.Timings.FirstTokenMS),
			Total:      milliseconds(written.Timings.TotalMS),
			Queued:     milliseconds(written.Timings.QueuedMS),
		},
		Source: Source{
			ID: written.ID, Model: written.Model, Provider: written.Provider,
			RateLimit: written.RateLimit, Headers: written.Headers,
		},
		Collected: written.Collected, Text: written.Text, Reasoning: written.Reasoning,
		Refusal: written.Refusal, ToolCalls: written.ToolCalls, Parts: written.Parts,
		Vectors: written.Vectors,
	}
	if written.Message != nil {
		// Blocks that the provider wants back stay as they were.
		blocks, _ := written.Message.Content.([]json.RawMessage)
		for _, block := range blocks {
			r.content = append(r.content, block)
		}
	}
	return nil
}

func inFraction(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}

// MarshalJSON is Data.
func (p Part) MarshalJSON() ([]byte, error) {
	if p.Data == nil {
		return marshalPlain(map[string]string{"type": p.Type})
	}
	return p.Data, nil
}

// UnmarshalJSON keeps the whole object in Data.
func (p *Part) UnmarshalJSON(text []byte) error {
	var named struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(text, &named)
	p.Type, p.Data = named.Type, bytes.Clone(text)
	return err
}
