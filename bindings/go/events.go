//go:build cgo

package literllm

import "encoding/json"

// Event is one of *Start, Text, Reasoning, *ToolDelta, *ToolCall, *Part, *End.
type Event interface{ isEvent() }

// Start: the answer begins.
type Start struct {
	ID        string         `json:"id"`
	Model     string         `json:"model"`
	Provider  string         `json:"provider"`
	RequestID string         `json:"request_id"`
	RateLimit map[string]any `json:"rate_limit"` // Numbers are a json.Number.
	// Warnings say what a lenient request had dropped or renamed.
	Warnings []string `json:"warnings"`
}

// Text is a piece of visible text, as the provider cut it.
type Text string

// Reasoning is a piece of visible reasoning.
type Reasoning string

// ToolDelta is a piece of a tool call. ID and Name come once for each call, if the provider gives
// them; a few send a name in pieces.
type ToolDelta struct {
	Index     int    `json:"index"`
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// ToolCall is a whole tool call. Arguments is JSON as the model wrote it: check it before use.
type ToolCall struct {
	Index int `json:"index"`
	// ID is the provider's; one made here where that is missing, or another call's.
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
	// Extra is the provider's other fields of the call, which some want to see again.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// Part is something else of the answer: a refusal, a citation, log probabilities, an image, ...
type Part struct {
	Type string
	// Data is the whole object, its type included.
	Data json.RawMessage
}

// End: the answer is whole. An answer that is not ends in an error instead.
type End struct{ Receipt }

func (*Start) isEvent()     {}
func (Text) isEvent()       {}
func (Reasoning) isEvent()  {}
func (*ToolDelta) isEvent() {}
func (*ToolCall) isEvent()  {}
func (*Part) isEvent()      {}
func (*End) isEvent()       {}
