//go:build cgo

package literllm

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Usage is what was counted, and billed; nil where the provider did not say.
type Usage struct {
	InputTokens        *int64 `json:"input_tokens"`
	OutputTokens       *int64 `json:"output_tokens"`
	TotalTokens        *int64 `json:"total_tokens"`
	CachedInputTokens  *int64 `json:"cached_input_tokens"`
	CacheWriteTokens   *int64 `json:"cache_write_tokens"`
	ReasoningTokens    *int64 `json:"reasoning_tokens"`
	BilledInputTokens  *int64 `json:"billed_input_tokens"`
	BilledOutputTokens *int64 `json:"billed_output_tokens"`
	// Raw is what the provider said; a number is a json.Number.
	Raw map[string]any `json:"raw"`
}

// Receipt says how a stream ended.
type Receipt struct {
	// Outcome is complete, truncated, cancelled or failed.
	Outcome         string `json:"outcome"`
	FinishReason    string `json:"finish_reason"`
	FinishReasonRaw string `json:"finish_reason_raw"`
	Usage           *Usage `json:"usage"`
	Attempts        int    `json:"attempts"`
	// UnknownEvents counts events of the stream that this version passed over.
	UnknownEvents int `json:"unknown_events"`
	// Warnings say what was odd about the end, such as that nobody said why it came; those of a
	// Response begin with Start's.
	Warnings  []string `json:"warnings"`
	RequestID string   `json:"request_id"`
	// FirstToken and Total are times since the start; FirstToken is 0 without a token.
	FirstToken time.Duration `json:"-"`
	Total      time.Duration `json:"-"`
}

type receiptFields struct {
	Receipt
	Timings struct {
		FirstTokenMS float64 `json:"first_token_ms"`
		TotalMS      float64 `json:"total_ms"`
	} `json:"timings"`
	Error *errorFields `json:"error"`
}

func (fields *receiptFields) receipt() Receipt {
	receipt := fields.Receipt
	receipt.FirstToken = milliseconds(fields.Timings.FirstTokenMS)
	receipt.Total = milliseconds(fields.Timings.TotalMS)
	return receipt
}

func milliseconds(value float64) time.Duration {
	return time.Duration(value * float64(time.Millisecond))
}

// Response is all of an answer, or as much of it as was received.
type Response struct {
	Receipt
	ID        string
	Model     string
	Provider  string
	RateLimit map[string]any
	// Collected is false with WithCollect(false) or a request's Collect. Then the fields below were
	// handed to the reader, and are empty here; Message has nothing to tell the provider.
	Collected bool
	Text      string
	Reasoning string
	// Refusal is why the model does not answer, where the provider tells that apart from text.
	Refusal   string
	ToolCalls []ToolCall
	// Parts is everything else, in order.
	Parts []Part

	content []any
}

// Message is the answer as a message, to be appended to the next request's. That of an answer that
// was not collected is empty, and a request that holds it is refused.
func (response *Response) Message() Message {
	message := Message{Role: "assistant", Refusal: response.Refusal}
	message.lost = !response.Collected && response.Text == "" && len(response.ToolCalls) == 0
	if len(response.content) > 0 {
		message.Content = response.content
	} else if response.Text != "" {
		message.Content = response.Text
	}
	for _, call := range response.ToolCalls {
		function := Function{Name: call.Name, Arguments: call.Arguments}
		message.ToolCalls = append(message.ToolCalls,
			MessageToolCall{ID: call.ID, Type: "function", Function: function, Extra: call.Extra})
	}
	return message
}

// answer collects what one stream delivers, or only how it began and ended.
type answer struct {
	collect   bool
	start     Start
	text      strings.Builder
	reasoning strings.Builder
	refusal   strings.Builder
	calls     []ToolCall
	parts     []Part
	blocks    []block
	receipt   receiptFields
}

// block goes back to the provider as it is, behind so many bytes of text.
type block struct {
	position int
	content  json.RawMessage
}

func (a *answer) push(event Event) {
	if start, ok := event.(*Start); ok {
		a.start = *start
	}
	if !a.collect {
		return
	}
	switch event := event.(type) {
	case Text:
		a.text.WriteString(string(event))
	case Reasoning:
		a.reasoning.WriteString(string(event))
	case *ToolCall:
		a.calls = append(a.calls, *event)
	case *Part:
		a.part(event)
	case *Start, *ToolDelta, *End:
	}
}

func (a *answer) part(part *Part) {
	switch part.Type {
	case "refusal":
		var said struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(part.Data, &said) == nil {
			a.refusal.WriteString(said.Text)
		}
	case "content":
		var kept struct {
			Content json.RawMessage `json:"content"`
		}
		if json.Unmarshal(part.Data, &kept) == nil {
			a.blocks = append(a.blocks, block{a.text.Len(), kept.Content})
		}
	default:
		a.parts = append(a.parts, *part)
	}
}

// content is text and blocks in the order in which they came; nil without blocks.
func (a *answer) content() []any {
	if len(a.blocks) == 0 {
		return nil
	}
	var content []any
	text, taken := a.text.String(), 0
	takeText := func(end int) {
		if taken < end {
			content = append(content, map[string]any{"type": "text", "text": text[taken:end]})
		}
		taken = end
	}
	for _, block := range a.blocks {
		takeText(block.position)
		content = append(content, block.content)
	}
	takeText(len(text))
	return content
}

func (a *answer) response() *Response {
	response := &Response{
		Receipt:   a.receipt.receipt(),
		ID:        a.start.ID,
		Model:     a.start.Model,
		Provider:  a.start.Provider,
		RateLimit: a.start.RateLimit,
		Collected: a.collect,
		Text:      a.text.String(),
		Reasoning: a.reasoning.String(),
		Refusal:   a.refusal.String(),
		ToolCalls: a.calls,
		Parts:     a.parts,
		content:   a.content(),
	}
	response.Warnings = slices.Concat(a.start.Warnings, response.Warnings)
	if response.RequestID == "" {
		response.RequestID = a.start.RequestID
	}
	return response
}
