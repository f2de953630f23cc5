package literllm

// #include "liter_llm.h"
import "C"

import (
	"encoding/json"
	"errors"
	"strings"
)

// parseEvent reads an event that is JSON; nil for a kind that only a later library knows.
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
	return event, decode(data, event)
}

// decode reads what the library says. Where anything may stand a number keeps its digits, as a
// json.Number; and a number that is too large for its field leaves 0 there, so that it costs no
// answer.
func decode(data string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.UseNumber()
	err := decoder.Decode(into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && strings.HasPrefix(wrong.Value, "number ") {
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
