package literllmtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Answer is one answer of a script. The functions [Text], [Tokens], [Reasoning], [ToolCall],
// [Fail], [RateLimited], [Cut], [Hang], [Embeddings] and their like make one, and methods of the
// same names add to it. An answer is a value: a method returns another one.
type Answer struct {
	fields  map[string]any
	mistake string
}

// Text answers with a text, which comes word by word.
func Text(text string) Answer { return Answer{}.Text(text) }

// Tokens answers with a text in pieces of the test's own.
func Tokens(pieces ...string) Answer { return Answer{}.Tokens(pieces...) }

// Reasoning answers with reasoning; what the methods add comes behind it.
func Reasoning(text string) Answer { return Answer{}.Reasoning(text) }

// ToolCall answers with the call of a tool. The arguments are JSON where they are a string or a
// json.RawMessage, and are written as JSON otherwise. Ids are call_1, call_2 and so on.
func ToolCall(name string, arguments any) Answer { return Answer{}.ToolCall(name, arguments) }

// Cut answers with nothing: the connection ends before the response is complete.
func Cut() Answer { return Answer{}.Cut() }

// Hang does not answer, until a timer or the caller ends the call.
func Hang() Answer { return Answer{}.Hang() }

// Embeddings answers an Embed with a vector for each input.
func Embeddings(vectors ...[]float32) Answer { return Answer{}.With("embeddings", vectors) }

// Scores answers a Rerank with a score for each document, in the order of the request.
func Scores(scores ...float64) Answer { return Answer{}.With("scores", scores) }

// Models answers a Models with models of these names.
func Models(names ...string) Answer { return Answer{}.With("models", names) }

// InputTokens answers a CountTokens.
func InputTokens(count int64) Answer { return Answer{}.With("input_tokens", count) }

// Text sets the text, which comes word by word.
func (a Answer) Text(text string) Answer { return a.With("text", text) }

// Tokens sets the text, in pieces of the test's own.
func (a Answer) Tokens(pieces ...string) Answer {
	return a.With("text", append([]string{}, pieces...))
}

// Reasoning sets the reasoning before the text.
func (a Answer) Reasoning(text string) Answer { return a.With("reasoning", text) }

// call is a call of a tool as a script has it.
type call struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// ToolCall adds the call of a tool, behind the text and other calls.
func (a Answer) ToolCall(name string, arguments any) Answer {
	text, err := argumentsOf(arguments)
	if err != nil {
		return a.wrong(fmt.Sprintf("the arguments of %s: %v", name, err))
	}
	calls, _ := a.fields["tool_calls"].([]call)
	return a.With("tool_calls", append(slices.Clone(calls), call{Name: name, Arguments: text}))
}

func argumentsOf(arguments any) (string, error) {
	switch given := arguments.(type) {
	case string:
		return given, nil
	case json.RawMessage:
		return string(given), nil
	default:
		text, err := json.Marshal(given)
		return string(text), err
	}
}

// Usage sets how many tokens were used.
func (a Answer) Usage(input, output int64) Answer {
	return a.With("usage", map[string]int64{"input_tokens": input, "output_tokens": output})
}

// FinishReason sets why the model stopped; by default tool_calls where there are some, else stop.
func (a Answer) FinishReason(reason string) Answer { return a.With("finish_reason", reason) }

// ID sets the id of the response.
func (a Answer) ID(id string) Answer { return a.With("id", id) }

// Model sets the model that answers; by default the one of the request.
func (a Answer) Model(model string) Answer { return a.With("model", model) }

// RequestID sets the provider's request id.
func (a Answer) RequestID(id string) Answer { return a.With("request_id", id) }

// Header adds a header of the response, such as one of rate limits.
func (a Answer) Header(name, value string) Answer {
	headers, _ := a.fields["headers"].(map[string]string)
	headers = maps.Clone(headers)
	if headers == nil {
		headers = map[string]string{}
	}
	headers[name] = value
	return a.With("headers", headers)
}

// Delay sets how long the first piece takes, or the failure where there is none.
func (a Answer) Delay(delay time.Duration) Answer { return a.With("delay_ms", inMS(delay)) }

// PieceDelay sets how long each further piece takes.
func (a Answer) PieceDelay(delay time.Duration) Answer {
	return a.With("piece_delay_ms", inMS(delay))
}

// inMS rounds up, so that what is set is never 0 by accident.
func inMS(duration time.Duration) int64 {
	return int64((duration + time.Millisecond - 1) / time.Millisecond)
}

// Cut ends the connection behind the content, before the response is complete.
func (a Answer) Cut() Answer { return a.With("cut", true) }

// Hang sends nothing behind the content, until a timer or the caller ends the call.
func (a Answer) Hang() Answer { return a.With("hang", true) }

// ForModel is for requests of a model only.
func (a Answer) ForModel(model string) Answer { return a.when("model", model) }

// ForOperation is for requests of an operation only, such as literllm.OperationEmbed.
func (a Answer) ForOperation(operation string) Answer { return a.when("operation", operation) }

// ForText is for requests only whose last message of the user contains a text, or one of their
// inputs or their query.
func (a Answer) ForText(part string) Answer { return a.when("contains", part) }

func (a Answer) when(name, value string) Answer {
	conditions, _ := a.fields["when"].(map[string]string)
	conditions = maps.Clone(conditions)
	if conditions == nil {
		conditions = map[string]string{}
	}
	conditions[name] = value
	return a.With("when", conditions)
}

// Always leaves the answer in its place, for every further request.
func (a Answer) Always() Answer { return a.With("repeat", true) }

// With sets any field of an answer, as the guide's Script lists them.
func (a Answer) With(field string, value any) Answer {
	fields := maps.Clone(a.fields)
	if fields == nil {
		fields = map[string]any{}
	}
	fields[field] = value
	return Answer{fields, a.mistake}
}

// wrong keeps what is wrong, for the test to fail with.
func (a Answer) wrong(mistake string) Answer {
	if a.mistake == "" {
		a.mistake = mistake
	}
	return a
}

// MarshalJSON writes the answer as the option script takes it.
func (a Answer) MarshalJSON() ([]byte, error) {
	if a.mistake != "" {
		return nil, fmt.Errorf("literllmtest: %s", a.mistake)
	}
	if a.fields == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(a.fields)
}
