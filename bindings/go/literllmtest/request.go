package literllmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// Request is what a script was asked, in one attempt: the fields that the caller wrote, those of
// Extra among them, but no keys, headers and options of the call.
type Request struct {
	// Request has the fields of a chat; of other operations those that they share with it, such as
	// Model. Fields that it has no name for are in Extra.
	literllm.Request
	// Operation is literllm.OperationChat and so on.
	Operation string
	// Input is that of an Embed: its texts, or JSON of what is no text.
	Input []string
	// Query is that of a Rerank.
	Query string
	// Documents are those of a Rerank: their texts, or JSON of what is no text.
	Documents []string
	// JSON is the whole request.
	JSON json.RawMessage
}

// String is JSON: what a test prints may hold what it asked.
func (r Request) String() string { return string(r.JSON) }

// GoString is String.
func (r Request) GoString() string { return r.String() }

// UserText is the text of the last message of the user.
func (r Request) UserText() string {
	for index := len(r.Messages) - 1; index >= 0; index-- {
		if message := r.Messages[index]; message.Role == literllm.RoleUser {
			return TextOf(message)
		}
	}
	return ""
}

// SystemText is the text of all instructions, joined with line breaks.
func (r Request) SystemText() string {
	var texts []string
	for _, message := range r.Messages {
		if message.Role == literllm.RoleSystem || message.Role == literllm.RoleDeveloper {
			texts = append(texts, TextOf(message))
		}
	}
	return strings.Join(texts, "\n")
}

// ToolNames are the names of the tools that the model was offered.
func (r Request) ToolNames() []string {
	var names []string
	for _, tool := range r.Tools {
		if tool.Function.Name != "" {
			names = append(names, tool.Function.Name)
		} else {
			names = append(names, tool.Type)
		}
	}
	return names
}

// ToolResults are the results that the model was given, by the ids of the calls.
func (r Request) ToolResults() map[string]string {
	results := map[string]string{}
	for _, message := range r.Messages {
		if message.Role == literllm.RoleTool {
			results[message.ToolCallID] = TextOf(message)
		}
	}
	return results
}

// TextOf is the text of a message; of parts, their texts one behind the other.
func TextOf(message literllm.Message) string {
	if text, isText := message.Content.(string); isText {
		return text
	}
	text, err := json.Marshal(message.Content)
	if err != nil {
		return ""
	}
	var parts []struct {
		Text string `json:"text"`
	}
	// Anything but a list of parts has no text.
	_ = json.Unmarshal(text, &parts)
	var all strings.Builder
	for _, part := range parts {
		all.WriteString(part.Text)
	}
	return all.String()
}

// own are the fields of a request that have names here.
type own struct {
	Operation string     `json:"operation"`
	Input     oneOrMore  `json:"input"`
	Query     textOrJSON `json:"query"`
	Documents oneOrMore  `json:"documents"`
}

func parseRequest(text json.RawMessage) (Request, error) {
	parsed, fields := Request{JSON: text}, own{}
	if err := unmarshal(text, &fields); err != nil {
		return parsed, err
	}
	parsed.Operation, parsed.Query = fields.Operation, string(fields.Query)
	parsed.Input, parsed.Documents = fields.Input, fields.Documents
	if err := unmarshal(text, &parsed.Request); err != nil {
		return parsed, err
	}
	if err := unmarshal(text, &parsed.Extra); err != nil {
		return parsed, err
	}
	for _, known := range []reflect.Type{reflect.TypeFor[literllm.Request](), reflect.TypeFor[own]()} {
		for index := range known.NumField() {
			name, _, _ := strings.Cut(known.Field(index).Tag.Get("json"), ",")
			delete(parsed.Extra, name)
		}
	}
	return parsed, nil
}

// unmarshal keeps the digits of numbers. A value of another type than its field has is in JSON
// alone.
func unmarshal(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(into)
	var other *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &other) {
		return fmt.Errorf("a request that was made cannot be parsed: %w", err)
	}
	return nil
}

// oneOrMore is a list, or one that stands for a list of one.
type oneOrMore []string

func (l *oneOrMore) UnmarshalJSON(text []byte) error {
	var list []textOrJSON
	if json.Unmarshal(text, &list) != nil {
		list = make([]textOrJSON, 1)
		if err := json.Unmarshal(text, &list[0]); err != nil {
			return err
		}
	}
	*l = nil
	for _, entry := range list {
		*l = append(*l, string(entry))
	}
	return nil
}

// textOrJSON is a text, or JSON of what is none.
type textOrJSON string

func (t *textOrJSON) UnmarshalJSON(text []byte) error {
	*t = textOrJSON(text)
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*t = textOrJSON(plain)
	}
	return nil
}
