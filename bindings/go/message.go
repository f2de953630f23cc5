//go:build cgo

package literllm

import "encoding/json"

// Message is one message of a conversation. [System], [User], [UserParts], [Assistant],
// [ToolResult] and [Response.Message] make the usual ones.
type Message struct {
	// Role is developer, system, user, assistant or tool: [RoleUser] and so on.
	Role string `json:"role"`
	// Content is text, or a list of parts: a []ContentPart, or any other slice.
	Content any `json:"content"`
	// Name is the name of the participant.
	Name string `json:"name,omitempty"`
	// Refusal is the model's refusal, in an assistant's message.
	Refusal string `json:"refusal,omitempty"`
	// ToolCalls are the calls that the model made, in an assistant's message.
	ToolCalls []MessageToolCall `json:"tool_calls,omitempty"`
	// ToolCallID is the id of the call whose result this is, in a message of role tool.
	ToolCallID string `json:"tool_call_id,omitempty"`
	// IsError says that the call failed, in a message of role tool. Providers that have no mark for
	// that get the content alone.
	IsError bool `json:"is_error,omitempty"`
	// Extra holds any other fields, for the provider.
	Extra map[string]any `json:"-"`

	// The message of a response that was not collected.
	notCollected bool
}

// MessageToolCall is a call that the model made, in an assistant's message.
type MessageToolCall struct {
	ID string `json:"id"`
	// Type is function.
	Type     string   `json:"type"`
	Function Function `json:"function"`
	// Extra holds the provider's other fields of the call, which are sent back unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

// Function is the function that a call names.
type Function struct {
	Name string `json:"name"`
	// Arguments is JSON, as the model wrote it.
	Arguments string `json:"arguments"`
}

// User returns a message of the user.
func User(text string) Message { return Message{Role: "user", Content: text} }

// UserParts returns a message of the user that has images, files or sound beside text.
func UserParts(parts ...ContentPart) Message { return Message{Role: "user", Content: parts} }

// System returns a message with instructions for the model.
func System(text string) Message { return Message{Role: "system", Content: text} }

// Assistant returns a message of the model, such as a response of an earlier conversation.
func Assistant(text string) Message { return Message{Role: "assistant", Content: text} }

// ToolResult returns a message with the result of the tool call that has that id.
func ToolResult(callID, text string) Message {
	return Message{Role: "tool", ToolCallID: callID, Content: text}
}

// ToolFailure returns a message that says why the tool call that has that id failed.
func ToolFailure(callID, text string) Message {
	return Message{Role: "tool", ToolCallID: callID, Content: text, IsError: true}
}
