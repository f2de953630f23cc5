//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Request is one request, in the shape of OpenAI's chat completions. What is not set is not sent.
type Request struct {
	// Provider names the provider to ask. It takes precedence over the client's and over the prefix
	// of Model.
	Provider string `json:"provider,omitempty"`
	// Model names the model, or provider/model where no provider is named otherwise.
	Model string `json:"model"`
	// Messages is the conversation, at least one message.
	Messages []Message `json:"messages"`
	// MaxTokens is the most tokens that the response may have.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Temperature is the sampling temperature.
	Temperature *float64 `json:"temperature,omitempty"`
	// TopP is the probability mass of nucleus sampling.
	TopP *float64 `json:"top_p,omitempty"`
	// Stop lists texts at which the response stops.
	Stop []string `json:"stop,omitempty"`
	// Seed is the seed of sampling, a signed 64-bit integer. A larger one, which is unsigned, can be
	// given in Extra.
	Seed *int64 `json:"seed,omitempty"`
	// Tools are the tools that the model may call.
	Tools []Tool `json:"tools,omitempty"`
	// ToolChoice is "auto", "none", "required", or an object that names a tool.
	ToolChoice any `json:"tool_choice,omitempty"`
	// ResponseFormat is the shape of the response, such as a JSON schema.
	ResponseFormat any `json:"response_format,omitempty"`
	// ReasoningEffort is "low", "medium", "high", or the provider's own word.
	ReasoningEffort string `json:"reasoning_effort,omitempty"`
	// User identifies the end user to the provider.
	User string `json:"user,omitempty"`
	// Metadata are labels for the provider's own records.
	Metadata map[string]any `json:"metadata,omitempty"`
	// Stream is whether the response is streamed; by default it is for Tokens and Events, and is not
	// for Complete.
	Stream *bool `json:"stream,omitempty"`
	// Collect is [WithCollect] for this call; nil uses the client's.
	Collect *bool `json:"-"`
	// APIKey is the key for this call.
	APIKey string `json:"api_key,omitempty"`
	// BaseURL is the base URL for this call.
	BaseURL string `json:"base_url,omitempty"`
	// Headers are sent beside the client's, and take precedence over them.
	Headers map[string]string `json:"headers,omitempty"`
	// Options are the options of this call, such as WithIdleTimeout. They take precedence over the
	// client's and over the fields above.
	Options []Option `json:"-"`
	// Extra holds any other fields, by their JSON names. Fields that the library does not know are
	// sent to the provider unchanged. Extra takes precedence over Options.
	Extra map[string]any `json:"-"`
}

// call is what a stream sends: a [Request], or that of an operation beside chat.
type call interface {
	// provider is the provider that it names.
	provider() string
	// json returns it as the library takes it, and sets whether the response is collected and which
	// function gives the key, where the call says so.
	json(streamed bool, collect *bool, key *keyFunction) ([]byte, *Error)
}

func (r *Request) provider() string { return r.Provider }

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
	for _, name := range slices.Sorted(maps.Keys(set)) {
		_, known := optionTypes[name]
		if !known && name != collectOption && name != logHandlerOption {
			return nil, invalidRequest(fmt.Sprintf(
				"option %q is unknown; a field for the provider belongs in Extra", name))
		}
	}
	maps.Copy(set, m.extra)
	if failed := convertDurations(set, invalidRequest, false); failed != nil {
		return nil, failed
	}
	if failed := takeCollect(set, m.collect, invalidRequest); failed != nil {
		return nil, failed
	}
	if failed := takeKeyFunction(set, m.key, invalidRequest); failed != nil {
		return nil, failed
	}
	if _, given := set[logHandlerOption]; given {
		return nil, invalidRequest(`"log_handler" is an option of the client, not of a call`)
	}
	return set, m.checkOperation(set)
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
