package otelliterllm

import (
	"reflect"
	"strings"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel/attribute"
)

// What spans say of the settings of a request.

// The fields of a request that are numbers or text, and their attributes.
var settingNames = []struct{ field, name string }{
	{"max_tokens", "gen_ai.request.max_tokens"},
	{"temperature", "gen_ai.request.temperature"},
	{"top_p", "gen_ai.request.top_p"},
	{"top_k", "gen_ai.request.top_k"},
	{"frequency_penalty", "gen_ai.request.frequency_penalty"},
	{"presence_penalty", "gen_ai.request.presence_penalty"},
	{"seed", "gen_ai.request.seed"},
	{"n", "gen_ai.request.choice.count"},
	{"reasoning_effort", "gen_ai.request.reasoning.level"},
	{"dimensions", "gen_ai.embeddings.dimension.count"},
}

// requestAttributes are those of a request's settings.
func requestAttributes(call *literllm.Call) attributes {
	var all attributes
	if call.Stream {
		all = append(all, attribute.Bool("gen_ai.request.stream", true))
	}
	fields := settingsOf(call.Request)
	for _, setting := range settingNames {
		value := fields[setting.field]
		// One choice is what is meant where nothing is said.
		if setting.field != "n" || !isOne(value) {
			all.setting(setting.name, value)
		}
	}
	if stop := stopSequences(fields["stop"]); len(stop) > 0 {
		all = append(all, attribute.StringSlice("gen_ai.request.stop_sequences", stop))
	}
	if isJSON(fields["response_format"]) {
		all.text("gen_ai.output.type", "json")
	}
	return all
}

// settingsOf are the fields of a request by their JSON names; those of Extra take precedence.
func settingsOf(request any) map[string]any {
	var fields, extra map[string]any
	switch given := request.(type) {
	case *literllm.Request:
		fields, extra = chatSettings(given), given.Extra
	case *literllm.EmbedRequest:
		fields, extra = map[string]any{}, given.Extra
		setIfAny(fields, "dimensions", given.Dimensions)
	case *literllm.RerankRequest:
		return nil
	}
	for name, value := range extra {
		fields[name] = value
	}
	if most, given := extra["max_completion_tokens"]; given {
		fields["max_tokens"] = most
	}
	return fields
}

func chatSettings(request *literllm.Request) map[string]any {
	fields := map[string]any{"stop": request.Stop, "response_format": request.ResponseFormat}
	setIfAny(fields, "max_tokens", request.MaxTokens)
	setIfAny(fields, "reasoning_effort", request.ReasoningEffort)
	if request.Temperature != nil {
		fields["temperature"] = *request.Temperature
	}
	if request.TopP != nil {
		fields["top_p"] = *request.TopP
	}
	if request.Seed != nil {
		fields["seed"] = *request.Seed
	}
	return fields
}

// setIfAny sets what is not the zero value, which a request does not send.
func setIfAny[T comparable](fields map[string]any, name string, value T) {
	var none T
	if value != none {
		fields[name] = value
	}
}

func isOne(value any) bool {
	var written attributes
	written.setting("n", value)
	return len(written) == 1 && written[0].Value.Emit() == "1"
}

// stopSequences are one text, or a list of them.
func stopSequences(value any) []string {
	switch given := value.(type) {
	case string:
		return []string{given}
	case []string:
		return given
	case []any:
		var all []string
		for _, each := range given {
			if text, ok := each.(string); ok {
				all = append(all, text)
			}
		}
		return all
	default:
		return nil
	}
}

// isJSON says whether a response_format asks for JSON.
func isJSON(format any) bool {
	if format == nil || reflect.ValueOf(format).IsZero() {
		return false
	}
	fields, _ := jsonValue(format).(map[string]any)
	kind, _ := fields["type"].(string)
	return strings.HasPrefix(kind, "json")
}
