package otelliterllm

import (
	"encoding/json"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel/attribute"
)

// Messages in the form of the conventions (gen-ai-input-messages.json and its like), as JSON in an
// attribute. Only where WithContent asks for it. Images and files are named, not copied.

type part map[string]any

type message struct {
	Role  string `json:"role"`
	Parts []part `json:"parts"`
}

// inputAttributes are the messages of a request, and the names of its tools: their descriptions and
// schemas may be large.
func inputAttributes(request any) attributes {
	chat, ok := request.(*literllm.Request)
	if !ok {
		return nil
	}
	messages := []message{}
	for _, given := range chat.Messages {
		messages = append(messages, inputMessage(given))
	}
	all := attributes{asJSON("gen_ai.input.messages", messages)}
	var tools []part
	for _, tool := range chat.Tools {
		tools = append(tools, part{"type": tool.Type, "name": toolName(tool)})
	}
	if tools != nil {
		all = append(all, asJSON("gen_ai.tool.definitions", tools))
	}
	return all
}

// toolName is the name of a function, or of a tool of the provider's own.
func toolName(tool literllm.Tool) string {
	if tool.Function.Name != "" {
		return tool.Function.Name
	}
	if name, ok := tool.Extra["name"].(string); ok {
		return name
	}
	return tool.Type
}

// outputAttributes is what was received of a response.
func outputAttributes(response *literllm.Response) attributes {
	received := message{Role: literllm.RoleAssistant, Parts: []part{}}
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

func inputMessage(given literllm.Message) message {
	made := message{Role: given.Role, Parts: []part{}}
	content := jsonValue(given.Content)
	if given.Role == literllm.RoleTool {
		response := content
		if list, isList := content.([]any); isList {
			response = contentParts(list)
		}
		made.Parts = append(made.Parts, part{"type": "tool_call_response", "id": given.ToolCallID,
			"response": response})
		return made
	}
	switch content := content.(type) {
	case string:
		made.Parts = append(made.Parts, part{"type": "text", "content": content})
	case []any:
		made.Parts = contentParts(content)
	}
	for _, call := range given.ToolCalls {
		made.Parts = append(made.Parts, toolCall(call.ID, call.Function.Name, call.Function.Arguments))
	}
	return made
}

func contentParts(list []any) []part {
	parts := []part{}
	for _, each := range list {
		fields, _ := each.(map[string]any)
		parts = append(parts, contentPart(fields))
	}
	return parts
}

// contentPart is a text, or says only what else there is.
func contentPart(fields map[string]any) part {
	switch kind, _ := fields["type"].(string); kind {
	case "text":
		return part{"type": "text", "content": fields["text"]}
	case "thinking":
		return part{"type": "reasoning", "content": fields["thinking"]}
	case "":
		return part{"type": "unknown"}
	default:
		return part{"type": kind}
	}
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
