//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// JSON of what has fields of its own and any others in Extra.

// extended is such a value: its own fields without the methods of its type, and the others.
type extended interface{ parts() (own, extra any) }

// The same fields without methods.
type (
	plainMessage  Message
	plainToolCall MessageToolCall
	plainTool     Tool
	plainContent  ContentPart
)

func (m Message) parts() (own, extra any)         { return plainMessage(m), m.Extra }
func (c MessageToolCall) parts() (own, extra any) { return plainToolCall(c), c.Extra }

func (t Tool) parts() (own, extra any) {
	if t.Function.isZero() {
		return struct {
			Type string `json:"type"`
		}{t.Type}, t.Extra
	}
	return plainTool(t), t.Extra
}

func (f ToolFunction) isZero() bool {
	return f.Name == "" && f.Description == "" && f.Parameters == nil && f.Strict == nil
}

func (p ContentPart) parts() (own, extra any) {
	if p.Type == "text" && p.Text == "" {
		// A text is there even where it is empty.
		return struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}{p.Type, p.Text}, p.Extra
	}
	return plainContent(p), p.Extra
}

// MarshalJSON puts the extra fields beside the others.
func (m Message) MarshalJSON() ([]byte, error) { return marshalExtended(m) }

// MarshalJSON puts the extra fields beside the others.
func (c MessageToolCall) MarshalJSON() ([]byte, error) { return marshalExtended(c) }

// MarshalJSON puts the extra fields beside the others.
func (t Tool) MarshalJSON() ([]byte, error) { return marshalExtended(t) }

// MarshalJSON puts the extra fields beside the others.
func (p ContentPart) MarshalJSON() ([]byte, error) { return marshalExtended(p) }

// UnmarshalJSON keeps the fields that it does not know in Extra, and the digits of numbers. A list
// of parts stays as it is written.
func (m *Message) UnmarshalJSON(text []byte) error {
	var content struct {
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return err
	}
	if err := unmarshalExtended(text, (*plainMessage)(m), &m.Extra); err != nil {
		return err
	}
	var parts []json.RawMessage
	isList := bytes.HasPrefix(content.Content, []byte("["))
	if isList && json.Unmarshal(content.Content, &parts) == nil {
		m.Content = parts
	}
	return nil
}

// UnmarshalJSON keeps the fields that it does not know in Extra.
func (c *MessageToolCall) UnmarshalJSON(text []byte) error {
	return unmarshalExtended(text, (*plainToolCall)(c), &c.Extra)
}

// UnmarshalJSON keeps the fields that it does not know in Extra.
func (t *Tool) UnmarshalJSON(text []byte) error {
	return unmarshalExtended(text, (*plainTool)(t), &t.Extra)
}

// UnmarshalJSON keeps the fields that it does not know in Extra.
func (p *ContentPart) UnmarshalJSON(text []byte) error {
	return unmarshalExtended(text, (*plainContent)(p), &p.Extra)
}

// marshalExtended writes the fields of Extra behind the value's own, which take precedence.
func marshalExtended(value extended) ([]byte, error) {
	own, extra := value.parts()
	text, err := marshalPlain(own)
	if err != nil || reflect.ValueOf(extra).Len() == 0 {
		return text, err
	}
	more, err := marshalPlain(extra)
	if err != nil {
		return nil, err
	}
	var written, fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &written); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(more, &fields); err != nil {
		return nil, err
	}
	for name := range written {
		delete(fields, name)
	}
	if len(fields) == 0 {
		return text, nil
	}
	if more, err = marshalPlain(fields); err != nil {
		return nil, err
	}
	return append(append(text[:len(text)-1], ','), more[1:]...), nil
}

// marshalPlain leaves it to the outermost encoder whether HTML is escaped.
func marshalPlain(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// unmarshalExtended parses a value's own fields, and the others to where extra points.
func unmarshalExtended[Value any](text []byte, own any, extra *map[string]Value) error {
	if err := unmarshalNumbers(text, own); err != nil {
		return err
	}
	var fields map[string]Value
	if err := unmarshalNumbers(text, &fields); err != nil {
		return err
	}
	for name := range ownNames(reflect.TypeOf(own).Elem()) {
		delete(fields, name)
	}
	*extra = nil
	if len(fields) > 0 {
		*extra = fields
	}
	return nil
}

func unmarshalNumbers(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// ownNames are the names of a struct's fields in JSON.
func ownNames(of reflect.Type) map[string]bool {
	names := map[string]bool{}
	for index := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(index).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names[name] = true
		}
	}
	return names
}
