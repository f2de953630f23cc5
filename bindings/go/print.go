//go:build cgo

package literllm

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// How clients, streams, requests and responses are printed: useful, and without secrets. A request
// shows no text either, since logs keep what they are given.

// How much of a text is printed.
const printedRunesMax = 80

// String says whom the client asks and how many calls are under way.
func (c *Client) String() string {
	if c == nil || c.native == nil {
		return "literllm.Client{not made by New}"
	}
	fields := []string{}
	if c.native.provider != "" {
		fields = append(fields, c.native.provider)
	}
	fields = append(fields, count(c.native.live.Load(), "live call"))
	if c.native.closing.Load() {
		fields = append(fields, "closed")
	}
	return printed("Client", fields...)
}

// GoString is String.
func (c *Client) GoString() string { return c.String() }

// String says whom the stream asks and how far it is.
func (s *Stream) String() string {
	if s == nil || s.request == nil {
		return "literllm.Stream{not made by Invoke}"
	}
	provider, model := s.request.provider(), ""
	if request, ok := s.request.asked().(*Request); ok {
		model = request.Model
	}
	if provider == "" && s.client != nil {
		provider = s.client.provider
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	state := "not read"
	switch {
	case s.end != "":
		// Only that of a whole response is not parsed.
		state = "ended: " + OutcomeComplete
	case s.ended:
		state = "ended: " + s.receipt.Outcome
	case s.dropped:
		state = "left by its reader"
	case s.claimed.Load():
		state = "being read"
	}
	return printed("Stream", whom(provider, model), state)
}

// GoString is String.
func (s *Stream) GoString() string { return s.String() }

// String says who responded, how the response ended, and how its text begins.
func (r Response) String() string {
	fields := []string{whom(r.Provider, r.Model)}
	if r.Outcome != "" && r.Outcome != OutcomeComplete {
		fields = append(fields, r.Outcome)
	}
	if r.FinishReason != "" {
		fields = append(fields, r.FinishReason)
	}
	if usage := r.Usage; usage != nil && usage.InputTokens != nil && usage.OutputTokens != nil {
		tokens := fmt.Sprintf("%d+%d tokens", *usage.InputTokens, *usage.OutputTokens)
		fields = append(fields, tokens)
	}
	for _, call := range r.ToolCalls {
		fields = append(fields, "calls "+call.Name)
	}
	if r.Text != "" {
		fields = append(fields, fmt.Sprintf("%q", shortened(r.Text)))
	}
	return printed("Response", fields...)
}

// GoString is String.
func (r Response) GoString() string { return r.String() }

// String says whom the request asks, without texts and keys.
func (r Request) String() string {
	fields := []string{whom(r.Provider, r.Model), count(int64(len(r.Messages)), "message")}
	if len(r.Tools) > 0 {
		fields = append(fields, count(int64(len(r.Tools)), "tool"))
	}
	return printed("Request", fields...)
}

// GoString is String.
func (r Request) GoString() string { return r.String() }

// LogValue is String, for slog.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String says whom the request asks, without texts and keys.
func (r EmbedRequest) String() string { return printed("EmbedRequest", whom(r.Provider, r.Model)) }

// GoString is String.
func (r EmbedRequest) GoString() string { return r.String() }

// LogValue is String, for slog.
func (r EmbedRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String says whom the request asks, without texts and keys.
func (r RerankRequest) String() string {
	return printed("RerankRequest", whom(r.Provider, r.Model))
}

// GoString is String.
func (r RerankRequest) GoString() string { return r.String() }

// LogValue is String, for slog.
func (r RerankRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String says whom the request asks, without keys.
func (r ModelsRequest) String() string { return printed("ModelsRequest", whom(r.Provider, "")) }

// GoString is String.
func (r ModelsRequest) GoString() string { return r.String() }

// LogValue is String, for slog.
func (r ModelsRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String says whom the request asks, without texts and keys.
func (r BatchRequest) String() string {
	return printed("BatchRequest", whom(r.Provider, ""), count(int64(len(r.Requests)), "row"))
}

// GoString is String.
func (r BatchRequest) GoString() string { return r.String() }

// LogValue is String, for slog.
func (r BatchRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

func printed(name string, fields ...string) string {
	kept := fields[:0]
	for _, field := range fields {
		if field != "" {
			kept = append(kept, field)
		}
	}
	return "literllm." + name + "{" + strings.Join(kept, ", ") + "}"
}

// whom is provider/model, as far as they are known.
func whom(provider, model string) string {
	if provider == "" || model == "" {
		return provider + model
	}
	return provider + "/" + model
}

func count(number int64, thing string) string {
	if number == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", number, thing)
}

func shortened(text string) string {
	if utf8.RuneCountInString(text) <= printedRunesMax {
		return text
	}
	return string([]rune(text)[:printedRunesMax]) + "..."
}
