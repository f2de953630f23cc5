//go:build cgo

package literllm

import "encoding/json"

// Event is one of *[Start], [Text], [Reasoning], *[ToolDelta], *[ToolCall], *[Part] and *[End].
type Event interface{ isEvent() }

// Start is the beginning of a response, just before its first content.
type Start struct {
	// ID is the provider's name for the response.
	ID string `json:"id"`
	// Model is the one that responds, as the provider names it; else as the request named it.
	Model string `json:"model"`
	// Provider is the one that was asked.
	Provider string `json:"provider"`
	// RequestID is the provider's name for the request.
	RequestID string `json:"request_id"`
	// RateLimit is what the rate-limit headers said; numbers are a json.Number.
	RateLimit map[string]any `json:"rate_limit"`
	// Warnings say what was left out or renamed on the way to the provider.
	Warnings []string `json:"warnings"`
}

// Text is a piece of text, as the provider cut it.
type Text string

// Reasoning is a piece of visible reasoning, as the provider cut it.
type Reasoning string

// ToolDelta is a piece of a tool call.
type ToolDelta struct {
	// Index says which call: dense from 0, in the order in which calls appeared.
	Index int `json:"index"`
	// ID is the provider's name for the call; it comes once, if the provider gives one.
	ID string `json:"id"`
	// Name is the tool that the model calls; it comes once, but a few servers send it in pieces.
	Name string `json:"name"`
	// Arguments is the next piece of the arguments' JSON text.
	Arguments string `json:"arguments"`
}

// ToolCall is a whole tool call.
type ToolCall struct {
	// Index says which call: dense from 0.
	Index int `json:"index"`
	// ID is the provider's name for the call; one made here where that is missing, or another call's.
	ID string `json:"id"`
	// Name is the tool that the model calls.
	Name string `json:"name"`
	// Arguments is JSON text as the model wrote it: check it before use.
	Arguments string `json:"arguments"`
	// Extra has the provider's other fields of the call, which some want to see again.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// Part is anything else of a response, such as a refusal, a citation or log probabilities.
type Part struct {
	// Type says what it is.
	Type string
	// Data is the whole object as JSON, its type included.
	Data json.RawMessage
}

// End is the end of a whole response. A response that is not whole ends in an error instead.
type End struct{ Receipt }

func (*Start) isEvent()     {}
func (Text) isEvent()       {}
func (Reasoning) isEvent()  {}
func (*ToolDelta) isEvent() {}
func (*ToolCall) isEvent()  {}
func (*Part) isEvent()      {}
func (*End) isEvent()       {}
