//go:build cgo

package literllm

import "encoding/json"

// Event is one of *[Start], [Text], [Reasoning], *[ToolDelta], *[ToolCall], *[Part] and *[End].
type Event interface{ isEvent() }

// Start is the beginning of a response, just before its first content.
type Start struct {
	// ID is the provider's response id.
	ID string `json:"id"`
	// Model is the model that responds, as the provider names it; else as the request named it.
	Model string `json:"model"`
	// Provider is the provider that was asked.
	Provider string `json:"provider"`
	// RequestID is the provider's request id.
	RequestID string `json:"request_id"`
	// RateLimit is what the rate-limit headers said; numbers are a json.Number.
	RateLimit map[string]any `json:"rate_limit"`
	// Headers are the response headers that [WithReportHeaders] names, by lower-case name.
	Headers map[string]string `json:"headers"`
	// Warnings name the request's fields that were dropped or renamed for the provider.
	Warnings []string `json:"warnings"`
}

// Text is a piece of text, as the provider cut it.
type Text string

// Reasoning is a piece of visible reasoning, as the provider cut it.
type Reasoning string

// ToolDelta is a piece of a tool call.
type ToolDelta struct {
	// Index numbers the response's calls from 0, in the order in which they appeared.
	Index int `json:"index"`
	// ID is the provider's call id; it comes once, if the provider gives one.
	ID string `json:"id"`
	// Name is the tool that the model calls; it comes once, but a few servers send it in pieces.
	Name string `json:"name"`
	// Arguments is the next piece of the arguments' JSON text.
	Arguments string `json:"arguments"`
}

// ToolCall is a whole tool call.
type ToolCall struct {
	// Index numbers the response's calls from 0.
	Index int `json:"index"`
	// ID is the provider's call id; generated if the provider's is missing or already used.
	ID string `json:"id"`
	// Name is the tool that the model calls.
	Name string `json:"name"`
	// Arguments is JSON text as the model wrote it: check it before use.
	Arguments string `json:"arguments"`
	// Extra has the provider's other fields of the call, which some providers want back.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// Part is any other part of a response, such as a refusal, a citation or log probabilities.
type Part struct {
	// Type is the kind of part.
	Type string
	// Data is the whole object as JSON, its type included.
	Data json.RawMessage
}

// End is the end of a complete response. An incomplete one ends in an error instead.
type End struct{ Receipt }

func (*Start) isEvent()     {}
func (Text) isEvent()       {}
func (Reasoning) isEvent()  {}
func (*ToolDelta) isEvent() {}
func (*ToolCall) isEvent()  {}
func (*Part) isEvent()      {}
func (*End) isEvent()       {}
