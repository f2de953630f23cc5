package otelliterllm

import (
	"encoding/json"
	"strings"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel/attribute"
)

// Messages in the form of the conventions (gen-ai-input-messages.json and its like), as JSON in an
// attribute. Only where WithContent asks for it.

type part map[string]any

type message struct {
	Role         string `json:"role"`
	Parts        []part `json:"parts"`
	FinishReason string `json:"finish_reason,omitempty"`
}

// inputAttributes are the messages of a request and its tools.
func inputAttributes(request any) attributes {
	chat, ok := request.(*literllm.Request)
	if !ok {
		return nil
	}
	var messages []message
	for _, given := range chat.Messages {
		messages = append(messages, inputMessage(given))
	}
	all := attributes{asJSON("gen_ai.input.messages", messages)}
	var tools []part
	for _, tool := range chat.Tools {
		described := part{"type": tool.Type}
		if tool.Function.Name != "" {
			described["name"], described["description"] = tool.Function.Name, tool.Function.Description
			described["parameters"] = tool.Function.Parameters
		}
		tools = append(tools, described)
	}
	if tools != nil {
		all = append(all, asJSON("gen_ai.tool.definitions", tools))
	}
	return all
}

// outputAttributes is what was received of a response.
func outputAttributes(response *literllm.Response) attributes {
	received := message{Role: literllm.RoleAssistant, Parts: []part{},
		FinishReason: finishReason(response.FinishReason)}
	if response.Reasoning != "" {
		received.Parts = append(received.Parts,
			part{"type": "reasoning", "content": response.Reasoning})
	}
	for _, text := range []string{response.Text, response.Refusal} {
		if text != "" {
			received.Parts = append(received.Parts, part{"type": "text", "content": text})
		}
	}
	for _, call := range response.ToolCalls {
		received.Parts = append(received.Parts, toolCall(call.ID, call.Name, call.Arguments))
	}
	if len(received.Parts) == 0 {
		return nil
	}
	return attributes{asJSON("gen_ai.output.messages", []message{received})}
}

// finishReason is ours in the words of the conventions.
func finishReason(reason string) string {
	switch reason {
	case literllm.FinishToolCalls:
		return "tool_call"
	case "":
		return "error"
	default:
		return reason
	}
}

func inputMessage(given literllm.Message) message {
	made := message{Role: given.Role, Parts: []part{}}
	content := jsonValue(given.Content)
	switch {
	case given.Role == literllm.RoleTool:
		made.Parts = append(made.Parts, part{"type": "tool_call_response", "id": given.ToolCallID,
			"response": content})
		return made
	case content == nil:
	default:
		made.Parts = append(made.Parts, contentParts(content)...)
	}
	for _, call := range given.ToolCalls {
		made.Parts = append(made.Parts, toolCall(call.ID, call.Function.Name, call.Function.Arguments))
	}
	return made
}

func contentParts(content any) (parts []part) {
	list, isList := content.([]any)
	if !isList {
		return []part{{"type": "text", "content": content}}
	}
	for _, each := range list {
		fields, _ := each.(map[string]any)
		parts = append(parts, contentPart(fields))
	}
	return parts
}

func contentPart(fields map[string]any) part {
	inner := func(name string) map[string]any {
		found, _ := fields[name].(map[string]any)
		return found
	}
	switch fields["type"] {
	case "text":
		return part{"type": "text", "content": fields["text"]}
	case "image_url":
		return media("image", inner("image_url")["url"])
	case "input_audio":
		return part{"type": "blob", "modality": "audio", "content": inner("input_audio")["data"]}
	case "file":
		if id := inner("file")["file_id"]; id != nil {
			return part{"type": "file", "modality": "document", "file_id": id}
		}
		return media("document", inner("file")["file_data"])
	default:
		return part(fields)
	}
}

// media is what a URL names, or what a data URL holds.
func media(modality string, url any) part {
	text, _ := url.(string)
	header, data, isData := strings.Cut(strings.TrimPrefix(text, "data:"), ";base64,")
	if isData && strings.HasPrefix(text, "data:") {
		return part{"type": "blob", "modality": modality, "mime_type": header, "content": data}
	}
	return part{"type": "uri", "modality": modality, "uri": text}
}

func toolCall(id, name, arguments string) part {
	made := part{"type": "tool_call", "id": id, "name": name, "arguments": arguments}
	if json.Valid([]byte(arguments)) {
		made["arguments"] = json.RawMessage(arguments)
	}
	return made
}

// jsonValue is a value as JSON has it.
func jsonValue(value any) (parsed any) {
	text, err := json.Marshal(value)
	if err == nil {
		// It was written a moment ago.
		_ = json.Unmarshal(text, &parsed)
	}
	return parsed
}

func asJSON(name string, value any) attribute.KeyValue {
	text, err := json.Marshal(value)
	if err != nil {
		return attribute.String(name, "not JSON: "+err.Error())
	}
	return attribute.String(name, string(text))
}
