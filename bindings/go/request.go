//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// call is what a stream sends: a [Request], or that of an operation beside chat.
type call interface {
	// provider is the provider that it names.
	provider() string
	// asked is the request as an [Interceptor] sees it; nil for one that asks nobody.
	asked() any
	// json returns it as the library takes it, and sets whether the response is collected and which
	// function gives the key, where the call says so.
	json(streamed bool, collect *bool, key *keyFunction) ([]byte, *Error)
}

func (r *Request) provider() string { return r.Provider }

func (r *Request) asked() any { return r }

func (r *Request) json(streamed bool, collect *bool, key *keyFunction) ([]byte, *Error) {
	sent := *r
	if sent.Stream == nil {
		sent.Stream = &streamed
	}
	if sent.Collect != nil {
		*collect = *sent.Collect
	}
	if failed := sent.check(); failed != nil {
		return nil, failed
	}
	return more{"chat", r.Options, r.Extra, collect, key}.to(sent)
}

// check refuses what encoding/json takes and no provider understands.
func (r *Request) check() *Error {
	for index, message := range r.Messages {
		if message.notCollected {
			return invalidRequest(fmt.Sprintf("messages[%d]: the response was not collected, as "+
				"collect is false, so it has no message", index))
		}
		if _, ok := message.Content.([]byte); ok {
			return invalidRequest(fmt.Sprintf("messages[%d].content: expected text or a list of "+
				"parts, got []byte; convert it with string()", index))
		}
	}
	return nil
}

// more is what a call has beside its fields, and where settings go that are this package's own.
type more struct {
	operation string
	options   []Option
	extra     map[string]any
	collect   *bool
	key       *keyFunction
}

// to writes a request with all of its fields as JSON.
func (m more) to(request any) ([]byte, *Error) {
	text, err := json.Marshal(request)
	if err != nil {
		return nil, invalidRequest(notJSON(request, err))
	}
	if len(m.options)+len(m.extra) > 0 {
		var failed *Error
		if text, failed = m.addFields(text); failed != nil {
			return nil, failed
		}
	}
	// Marshal replaces what is not UTF-8 in strings, but leaves a json.RawMessage as it is.
	return bytes.ToValidUTF8(text, []byte("\uFFFD")), nil
}

// addFields puts the call's options and extra fields over those that are written.
func (m more) addFields(text []byte) ([]byte, *Error) {
	set, failed := m.fields()
	if failed != nil {
		return nil, failed
	}
	// What is written stays as it is, the order of its fields and the digits of its numbers included.
	var written map[string]json.RawMessage
	if err := json.Unmarshal(text, &written); err != nil {
		return nil, invalidRequest(err.Error())
	}
	fields := make(map[string]any, len(written)+len(set))
	for name, value := range written {
		fields[name] = value
	}
	maps.Copy(fields, set)
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, invalidRequest(notJSON(fields, err))
	}
	return text, nil
}

// fields are those that options and Extra set.
func (m more) fields() (map[string]any, *Error) {
	set, failed := applyOptions(m.options)
	if failed != nil {
		return nil, failed
	}
	if failed := set.checkOfCall(); failed != nil {
		return nil, failed
	}
	if failed := m.takeOwn(set); failed != nil {
		return nil, set.inGo(failed)
	}
	return set.fields, m.checkOperation(set.fields)
}

// takeOwn puts Extra over the options, and takes out what is this package's own.
func (m more) takeOwn(set *optionSet) *Error {
	for name, value := range m.extra {
		set.put(name, value, "")
	}
	if failed := convertDurations(set.fields, invalidRequest, false); failed != nil {
		return failed
	}
	if failed := takeCollect(set.fields, m.collect, invalidRequest); failed != nil {
		return failed
	}
	if failed := takeKeyFunction(set.fields, m.key, invalidRequest); failed != nil {
		return failed
	}
	for _, name := range ownOfClient {
		if _, given := set.fields[name]; given {
			return invalidRequest(fmt.Sprintf("%q is an option of the client, not of a call", name))
		}
	}
	return nil
}

// checkOperation refuses one whose response this call could not return. What is no operation at all
// is left to the library, which knows their names.
func (m more) checkOperation(set map[string]any) *Error {
	switch set["operation"] {
	case nil, m.operation:
		return nil
	case "chat", "embed", "rerank", "models", "count_tokens", "stats", "batch":
		return invalidRequest(fmt.Sprintf("operation: got %q in a call for %q; call Complete, Embed, "+
			"Rerank, Models, CountTokens, Stats or SubmitBatch of the client instead",
			set["operation"], m.operation))
	default:
		return nil
	}
}
