package literllm

// #include "liter_llm.h"
import "C"

import (
	"encoding/json"
	"errors"
	"strings"
)

func isStart(kind uint32) bool { return kind == C.LLM_EVENT_START }

// parseEvent parses an event that is JSON. It is nil for a kind that this version does not know.
func parseEvent(kind uint32, data string) (Event, error) {
	var event Event
	switch kind {
	case C.LLM_EVENT_START:
		event = &Start{}
	case C.LLM_EVENT_TOOL_DELTA:
		event = &ToolDelta{}
	case C.LLM_EVENT_TOOL_CALL:
		event = &ToolCall{}
	case C.LLM_EVENT_PART:
		return parsePart(data)
	default:
		return nil, nil
	}
	return event, parseJSON(data, event)
}

// parseJSON parses JSON of the library. A number where anything may stand keeps its digits, as
// a json.Number. A number that is too large for its field leaves 0 there: that must not fail the
// response.
func parseJSON(data string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.UseNumber()
	err := decoder.Decode(into)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) && strings.HasPrefix(mismatch.Value, "number ") {
		return nil
	}
	return err
}

func parsePart(data string) (Event, error) {
	var named struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal([]byte(data), &named)
	return &Part{Type: named.Type, Data: json.RawMessage(data)}, err
}
