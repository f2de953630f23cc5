package literllm

// #include "liter_llm.h"
import "C"

import "encoding/json"

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
	return event, json.Unmarshal([]byte(data), event)
}

func parsePart(data string) (Event, error) {
	var named struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal([]byte(data), &named)
	return &Part{Type: named.Type, Data: json.RawMessage(data)}, err
}
