package literllm

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

// What the tests outside of the package need of its inside.

// SetLibraryABI puts another version in the place of the linked library's, until the test is over.
func SetLibraryABI(t *testing.T, version uint32) {
	before := libraryABI
	libraryABI = func() uint32 { return version }
	t.Cleanup(func() { libraryABI = before })
}

// RequestJSON is what the library is given.
func RequestJSON(request Request) (string, error) {
	collect := true
	text, failed := request.json(true, &collect, new(keyFunction))
	if failed != nil {
		return "", failed
	}
	return string(text), nil
}

// OptionsJSON is what the library is given.
func OptionsJSON(options ...Option) (string, error) {
	text, _, failed := readOptions(options)
	if failed != nil {
		return "", failed
	}
	return string(text), nil
}

// AcknowledgeBytes is how many bytes streams of a client read before they acknowledge them.
func AcknowledgeBytes(options ...Option) int {
	_, settings, _ := readOptions(options)
	return settings.acknowledgeBytes
}

// JSONFields are the names of the fields that are parsed, by the list of the schema.
func JSONFields() map[string][]string {
	return map[string][]string{
		"request_fields":    jsonFields(reflect.TypeFor[Request]()),
		"start_fields":      jsonFields(reflect.TypeFor[Start]()),
		"receipt_fields":    jsonFields(reflect.TypeFor[receiptFields]()),
		"timing_fields":     jsonFields(reflect.TypeOf(receiptFields{}.Timings)),
		"usage_fields":      jsonFields(reflect.TypeFor[Usage]()),
		"error_fields":      jsonFields(reflect.TypeFor[errorFields]()),
		"tool_delta_fields": jsonFields(reflect.TypeFor[ToolDelta]()),
		"tool_call_fields":  jsonFields(reflect.TypeFor[ToolCall]()),
		"log_fields":        jsonFields(reflect.TypeFor[LogRecord]()),

		"rerank_result_fields": jsonFields(reflect.TypeFor[RerankResult]()),
		"model_fields":         jsonFields(reflect.TypeFor[Model]()),
		"input_tokens_fields":  jsonFields(reflect.TypeFor[TokenCount]()),

		"stats_fields":          jsonFields(reflect.TypeFor[Stats]()),
		"provider_stats_fields": jsonFields(reflect.TypeFor[ProviderStats]()),
	}
}

// OperationFields are the names of the fields of each operation's request.
func OperationFields() map[string][]string {
	return map[string][]string{
		"chat":         nil,
		"embed":        jsonFields(reflect.TypeFor[EmbedRequest]()),
		"rerank":       jsonFields(reflect.TypeFor[RerankRequest]()),
		"models":       jsonFields(reflect.TypeFor[ModelsRequest]()),
		"count_tokens": nil,
		"stats":        nil,
		"batch":        jsonFields(reflect.TypeFor[batchCall]()),
	}
}

// OperationJSON is what the library is given for an EmbedRequest, a RerankRequest, a ModelsRequest,
// a BatchRequest, or a Request whose tokens are counted.
func OperationJSON(request any) (string, error) {
	var sent call
	switch request := request.(type) {
	case EmbedRequest:
		sent = &request
	case RerankRequest:
		sent = &request
	case ModelsRequest:
		sent = &request
	case BatchRequest:
		sent = &batchCall{Action: "submit", BatchRequest: request}
	case Request:
		sent = &countRequest{request}
	}
	text, failed := sent.json(false, new(bool), new(keyFunction))
	if failed != nil {
		return "", failed
	}
	return string(text), nil
}

// AppendFloats copies vectors as they are, or number by number.
func AppendFloats(values []float32, data []byte, sameForm bool) []float32 {
	return appendFloats(values, data, sameForm)
}

func jsonFields(of reflect.Type) []string {
	var names []string
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// ParseEvent parses an event of any kind that is JSON.
func ParseEvent(kind uint32, data string) (Event, error) { return parseEvent(kind, data) }

// PendingBytes is how much has arrived and was not read.
func (s *Stream) PendingBytes() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	sum := 0
	for _, item := range s.pending {
		sum += item.bytes
	}
	return sum
}

// Scripted is a stream whose events a test makes up: what only another library would deliver.
type Scripted struct{ *Stream }

// NewScripted makes one that counts what it acknowledges and tells nobody.
func NewScripted() Scripted {
	native := &nativeClient{closed: true, settings: settings{acknowledgeBytes: 1 << 40, collect: true}}
	stream := &Stream{client: native, ctx: context.Background(), wake: make(chan struct{}, 1)}
	stream.collector.collect = true
	return Scripted{stream}
}

// Text delivers a run of text.
func (s Scripted) Text(text string) { s.deliverRun(true, text, []uint32{uint32(len(text))}) }

// Event delivers an event of any kind, and says whether it could be parsed.
func (s Scripted) Event(kind uint32, data string) bool { return s.deliverEvent(kind, data) }

// Vectors makes it an Embed of so many inputs, and delivers vectors.
func (s Scripted) Vectors(inputs int, data []byte, count int) {
	if s.vectors == nil {
		s.vectors = &vectors{inputs: inputs}
	}
	s.deliverVectors(data, count)
}

// Embedded are the vectors that came, and how many numbers there is room for.
func (s Scripted) Embedded() ([][]float32, int) { return s.vectors.split(), cap(s.vectors.values) }

// End delivers the end.
func (s Scripted) End(data string) { s.deliverEnd(data, !strings.Contains(data, `"error"`)) }

// OnlyText has it read as Tokens reads.
func (s Scripted) OnlyText() { s.onlyText = true }

// Read returns what a reader is given until the end.
func (s Scripted) Read() ([]Event, error) {
	var events []Event
	err := s.each(func(i *item) bool {
		if i.event != nil {
			events = append(events, i.event)
		}
		return i.eachDelta(func(delta string) bool {
			events = append(events, Text(delta))
			return true
		})
	})
	return events, err
}

// Acknowledged is how many bytes count as read.
func (s Scripted) Acknowledged() int { return s.unacknowledged }

// LiveStreams is how many streams of a client have not ended.
func LiveStreams(client *Client) int64 { return client.native.live.Load() }

// MarshalPlain is what the library is given of a part of a request, without HTML escapes.
func MarshalPlain(value any) ([]byte, error) { return marshalPlain(value) }

// RecordAttributes are what slog is given of a record of the log.
func RecordAttributes(data string) []slog.Attr { return recordAttributes(json.RawMessage(data)) }

// StartsPerPoll is after how many starts one of them polls.
const StartsPerPoll = startsPerPoll

// NewUnpolled makes a client that has no poller until Poll is called.
func NewUnpolled(t *testing.T, options ...Option) *Client {
	text, settings, failed := readOptions(options)
	if failed != nil {
		t.Fatal(failed)
	}
	native := &nativeClient{settings: settings, drained: make(chan struct{})}
	if failed := native.open(text); failed != nil {
		t.Fatal(failed)
	}
	return &Client{native: native}
}

// WaitForEvents returns when the library has events that were not polled.
func WaitForEvents(client *Client) { client.native.waker.wait() }

// Poll gives a client its poller.
func Poll(client *Client) { go client.native.poll() }
