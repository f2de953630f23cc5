//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Request is one request, in the shape of chat completions. What is left out is not sent.
type Request struct {
	// Provider goes before the client's; "" takes that, or the model's prefix.
	Provider        string    `json:"provider,omitempty"`
	Model           string    `json:"model"`
	Messages        []Message `json:"messages"`
	MaxTokens       int       `json:"max_tokens,omitempty"`
	Temperature     *float64  `json:"temperature,omitempty"`
	TopP            *float64  `json:"top_p,omitempty"`
	Stop            []string  `json:"stop,omitempty"`
	Seed            *int64    `json:"seed,omitempty"`
	Tools           []Tool    `json:"tools,omitempty"`
	ToolChoice      any       `json:"tool_choice,omitempty"`
	ResponseFormat  any       `json:"response_format,omitempty"`
	ReasoningEffort string    `json:"reasoning_effort,omitempty"`
	// Stream is set by whoever reads: true for Tokens and Events, false for Complete.
	Stream *bool `json:"stream,omitempty"`
	// Collect goes before the client's: see WithCollect.
	Collect *bool             `json:"-"`
	APIKey  string            `json:"api_key,omitempty"`
	BaseURL string            `json:"base_url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// Extra reaches the provider as it is, or names any other field of the guide: timers,
	// retries_max, metadata, lenient, ...
	Extra map[string]any `json:"-"`
}

// Message is one message of a conversation.
type Message struct {
	Role string `json:"role"`
	// Content is text, or a list of parts.
	Content    any               `json:"content"`
	Name       string            `json:"name,omitempty"`
	Refusal    string            `json:"refusal,omitempty"`
	ToolCalls  []MessageToolCall `json:"tool_calls,omitempty"`
	ToolCallID string            `json:"tool_call_id,omitempty"`

	// The message of an answer of which nothing was kept.
	lost bool
}

// MessageToolCall is a call that the model made, in an assistant's message.
type MessageToolCall struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Function Function `json:"function"`
	// Extra is sent beside these, as the provider gave it.
	Extra map[string]json.RawMessage `json:"-"`
}

// MarshalJSON puts the extra fields beside the others.
func (c MessageToolCall) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(c.Extra)+3)
	for name, value := range c.Extra {
		fields[name] = value
	}
	fields["id"], fields["type"], fields["function"] = c.ID, c.Type, c.Function
	return json.Marshal(fields)
}

// Function is what is called, and with what.
type Function struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Tool is what the model may call.
type Tool struct {
	Type     string       `json:"type"`
	Function ToolFunction `json:"function"`
}

// ToolFunction describes a function by the JSON schema of its arguments.
type ToolFunction struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Parameters  any    `json:"parameters,omitempty"`
}

// User, System, Assistant and ToolResult make the usual messages.
func User(text string) Message { return Message{Role: "user", Content: text} }

// System is a message that says how to answer.
func System(text string) Message { return Message{Role: "system", Content: text} }

// Assistant is a message that the model said.
func Assistant(text string) Message { return Message{Role: "assistant", Content: text} }

// ToolResult answers a tool call.
func ToolResult(callID, text string) Message {
	return Message{Role: "tool", ToolCallID: callID, Content: text}
}

// json gives the request as the library takes it, and says whether its answer is kept.
func (request *Request) json(stream bool, collect *bool) ([]byte, *Error) {
	sent := *request
	if sent.Stream == nil {
		sent.Stream = &stream
	}
	if sent.Collect != nil {
		*collect = *sent.Collect
	}
	for index, message := range sent.Messages {
		if message.lost {
			return nil, failure(ErrInvalidRequest, fmt.Sprintf("messages[%d]: the answer was not "+
				"collected, as collect is false, so it has no message", index))
		}
	}
	text, err := json.Marshal(sent)
	if err == nil && len(sent.Extra) > 0 {
		var written map[string]json.RawMessage
		if err = json.Unmarshal(text, &written); err == nil {
			fields := make(map[string]any, len(written)+len(sent.Extra))
			// What is written stays as it is: a seed may have more digits than a float64.
			for name, value := range written {
				fields[name] = value
			}
			maps.Copy(fields, sent.Extra)
			if failed := takeCollect(fields, collect, ErrInvalidRequest); failed != nil {
				return nil, failed
			}
			text, err = json.Marshal(fields)
		}
	}
	if err != nil {
		return nil, failure(ErrInvalidRequest, "request: "+err.Error())
	}
	// Marshal mends strings, but leaves a json.RawMessage as it is.
	return bytes.ToValidUTF8(text, []byte("\uFFFD")), nil
}
