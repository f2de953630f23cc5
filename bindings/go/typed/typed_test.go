package typed_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/typed"
)

type city struct {
	Name    string    `json:"name" jsonschema:"in English"`
	People  int       `json:"people"`
	Size    *float64  `json:"size,omitempty"`
	Sky     string    `json:"sky" enum:"clear,rain"`
	Rivers  []river   `json:"rivers"`
	Founded time.Time `json:"founded,omitempty"`
	hidden  int
}

type river struct {
	Name  string `json:"name"`
	Width uint8  `json:"width"`
}

const citySchema = `{"type":"object","properties":{` +
	`"name":{"type":"string","description":"in English"},"people":{"type":"integer"},` +
	`"size":{"type":["null","number"]},"sky":{"type":"string","enum":["clear","rain"]},` +
	`"rivers":{"type":"array","items":{"type":"object","properties":{` +
	`"name":{"type":"string"},"width":{"type":"integer"}},"required":["name","width"],` +
	`"additionalProperties":false}},"founded":{"type":["null","string"]}},` +
	`"required":["name","people","size","sky","rivers","founded"],"additionalProperties":false}`

const hamburg = `{"name":"Hamburg","people":1900000,"size":null,"sky":"rain",` +
	`"rivers":[{"name":"Elbe","width":200}],"founded":null}`

func sameJSON(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	var gotValue, wantValue any
	if err = errors.Join(err, json.Unmarshal(text, &gotValue),
		json.Unmarshal([]byte(want), &wantValue)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotValue, wantValue) {
		t.Errorf("%s, not\n%s", text, want)
	}
}

func TestSchemaIsStrict(t *testing.T) {
	schema, err := typed.Schema[city]()
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, schema, citySchema)
	// Fields come in the order of the struct, which models write better in.
	text, _ := json.Marshal(schema)
	if strings.Index(string(text), `"name"`) > strings.Index(string(text), `"founded"`) {
		t.Errorf("%s", text)
	}
	if _, err := typed.Schema[func()](); err == nil || !strings.Contains(err.Error(), "func()") {
		t.Error(err)
	}
}

// An enum tag limits text, numbers, entries of lists, and what may be null.
func TestEnumTagLimitsValues(t *testing.T) {
	schema, err := typed.Schema[struct {
		Size  int      `json:"size" enum:"1,2"`
		Tags  []string `json:"tags" enum:"a,b"`
		Maybe *string  `json:"maybe" enum:"x"`
	}]()
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, schema.Properties, `{"size":{"type":"integer","enum":[1,2]},`+
		`"tags":{"type":"array","items":{"type":"string","enum":["a","b"]}},`+
		`"maybe":{"type":["null","string"],"enum":["x",null]}}`)
}

func TestCompleteAsReturnsAValue(t *testing.T) {
	client, provider := served(t, answer{text: hamburg})
	got, response, err := typed.CompleteAs[city](bounded(t), client, ask(),
		typed.WithDescription("a city"))
	if err != nil {
		t.Fatal(err)
	}
	want := city{Name: "Hamburg", People: 1900000, Sky: "rain", Rivers: []river{{"Elbe", 200}}}
	if !reflect.DeepEqual(got, want) || response.Text != hamburg || got.hidden != 0 {
		t.Errorf("%+v", got)
	}
	sameJSON(t, provider.requests()[0]["response_format"], `{"type":"json_schema","json_schema":{`+
		`"name":"city","description":"a city","strict":true,"schema":`+citySchema+`}}`)
}

// What is no object stands in one; what has any fields is not strict.
func TestCompleteAsOfOtherTypes(t *testing.T) {
	client, provider := served(t, answer{text: `{"value":["a","b"]}`}, answer{text: `{"x":[1]}`})
	list, _, err := typed.CompleteAs[[]string](bounded(t), client, ask(), typed.WithName("list"))
	if err != nil || !reflect.DeepEqual(list, []string{"a", "b"}) {
		t.Error(list, err)
	}
	sent := in(provider.requests()[0], "response_format.json_schema")
	sameJSON(t, sent, `{"name":"list","strict":true,`+
		`"schema":{"type":"object","properties":{"value":{"type":"array","items":{"type":"string"}}},`+
		`"required":["value"],"additionalProperties":false}}`)
	free, _, err := typed.CompleteAs[struct {
		X any `json:"x"`
	}](bounded(t), client, ask())
	if err != nil || !reflect.DeepEqual(free.X, []any{1.0}) {
		t.Error(free, err)
	}
	if in(provider.requests()[1], "response_format.json_schema.strict") != false {
		t.Error(provider.requests()[1])
	}
}

// The error of a response that is no T has its text, and says why without it.
func TestOutputErrorHasTheText(t *testing.T) {
	for _, test := range []struct {
		answer answer
		why    string
	}{
		{answer{text: `{"name":"Ham`, reason: "length"}, "it was cut by a token limit; raise MaxTokens"},
		{answer{text: `{"na`, reason: "content_filter"}, "it was cut by the provider's filter"},
		{answer{text: `I like Hamburg`}, "it is no JSON"},
		{answer{text: `{"name":"Hamburg"}`}, "it does not keep to the schema"},
		{answer{text: strings.Replace(hamburg, "rain", "hail", 1)}, "it does not keep to the schema"},
		{answer{text: strings.Replace(hamburg, "200", "300", 1)}, "uint8"},
		{answer{refusal: "No."}, "the model refused"},
	} {
		client, _ := served(t, test.answer)
		_, response, err := typed.CompleteAs[city](bounded(t), client, ask(), typed.WithRepairs(0))
		var failed *typed.OutputError
		if !errors.As(err, &failed) || failed.Text != test.answer.text ||
			failed.Response != response || response == nil {
			t.Errorf("%v: %+v", test.answer, err)
			continue
		}
		if !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "like Ham") {
			t.Errorf("%v, and %s expected", err, test.why)
		}
	}
}

// The model is shown what is wrong once, and not where that cannot help.
func TestRepairsAskAgain(t *testing.T) {
	client, provider := served(t, answer{text: `{"name":1}`}, answer{text: hamburg})
	request := ask()
	request.Messages = append(make([]literllm.Message, 0, 8), request.Messages...)
	got, _, err := typed.CompleteAs[city](bounded(t), client, request, typed.WithRepairs(1))
	if err != nil || got.Name != "Hamburg" || len(provider.requests()) != 2 {
		t.Fatal(got, err)
	}
	if in(provider.requests()[1], "messages.1.content") != `{"name":1}` ||
		!strings.Contains(in(provider.requests()[1], "messages.2.content").(string), "schema") {
		t.Error(provider.requests()[1])
	}
	if spare := request.Messages[:2]; spare[1].Role != "" {
		t.Error("the caller's messages were written to")
	}
	client, provider = served(t, answer{text: "no"}, answer{text: "no"}, answer{text: hamburg})
	_, _, err = typed.CompleteAs[city](bounded(t), client, ask(), typed.WithRepairs(1))
	if err == nil || len(provider.requests()) != 2 {
		t.Error("two answers were wrong")
	}
	client, provider = served(t, answer{refusal: "No."}, answer{text: hamburg})
	_, _, err = typed.CompleteAs[city](bounded(t), client, ask(), typed.WithRepairs(1))
	if err == nil || len(provider.requests()) != 1 {
		t.Error(err, len(provider.requests()))
	}
}

// A client that keeps no text keeps that of a T.
func TestCompleteAsOfAClientThatKeepsNothing(t *testing.T) {
	client, _ := served(t, answer{text: `{"value":7}`}, answer{text: `{"value":8}`})
	request := ask()
	request.Collect = literllm.Ptr(false)
	number, _, err := typed.CompleteAs[int](bounded(t), client, request)
	if err != nil || number != 7 || *request.Collect {
		t.Error(number, err)
	}
	for number, err = range typed.StreamAs[int](bounded(t), client, request) {
	}
	if err != nil || number != 8 {
		t.Error(number, err)
	}
}

// An error of the call is the library's.
func TestErrorsOfTheCallAreAsTheyAre(t *testing.T) {
	client, _ := served(t)
	client.Close()
	_, _, err := typed.CompleteAs[city](bounded(t), client, ask())
	if !errors.Is(err, literllm.ErrClosed) {
		t.Error(err)
	}
}

type places struct {
	Title string   `json:"title"`
	Stops []string `json:"stops"`
	Days  int      `json:"days"`
}

// Each partial has at least what the one before it had; the last is whole.
func TestStreamAsYieldsWhatThereIs(t *testing.T) {
	text := `{"title": "A \"tour\" \u00e4 ü", "stops": ["Elbe", "Alster"], "days": 12}`
	client, _ := served(t, answer{text: text})
	var seen []places
	for partial, err := range typed.StreamAs[places](bounded(t), client, ask()) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, partial)
	}
	want := places{"A \"tour\" ä ü", []string{"Elbe", "Alster"}, 12}
	if len(seen) < 8 || !reflect.DeepEqual(seen[len(seen)-1], want) {
		t.Fatalf("%+v", seen)
	}
	for index, partial := range seen[1:] {
		before := seen[index]
		if !strings.HasPrefix(partial.Title, before.Title) || len(partial.Stops) < len(before.Stops) ||
			(partial.Days != 0 && partial.Days != 12) {
			t.Errorf("%+v after %+v", partial, before)
		}
	}
	client, _ = served(t, answer{text: `{"title": "A`, reason: "length"})
	var failed *typed.OutputError
	for _, err := range typed.StreamAs[places](bounded(t), client, ask()) {
		errors.As(err, &failed)
	}
	if failed == nil || failed.Text != `{"title": "A` {
		t.Error(failed)
	}
}

// A long text is not parsed for each of its tokens, and its last value is whole.
func TestStreamAsOfALongTextYieldsLess(t *testing.T) {
	title := strings.Repeat("tour ", 2400)
	text := `{"title": "` + title + `", "stops": [], "days": 12}`
	client, _ := served(t, answer{text: text})
	var last places
	count := 0
	for partial, err := range typed.StreamAs[places](bounded(t), client, ask()) {
		if err != nil {
			t.Fatal(err)
		}
		last = partial
		count++
	}
	if tokens := len(text) / letters; count < 600 || count > tokens/2 {
		t.Errorf("%d values of %d tokens", count, tokens)
	}
	if want := (places{title, []string{}, 12}); !reflect.DeepEqual(last, want) {
		t.Errorf("%+v", last)
	}
}

// A character that is cut into two escapes is never replaced by U+FFFD.
func TestStreamAsKeepsSurrogatePairsWhole(t *testing.T) {
	for _, lead := range []string{"", "a", "ab"} {
		text := `{"title": "` + lead + `\ud83d\ude00", "stops": [], "days": 1}`
		client, _ := served(t, answer{text: text})
		for partial, err := range typed.StreamAs[places](bounded(t), client, ask()) {
			if err != nil || strings.ContainsRune(partial.Title, '\ufffd') {
				t.Errorf("%+v, %v", partial, err)
			}
		}
	}
}

// Wherever it is cut, JSON is closed to JSON that has no field that the whole has not.
func TestClosedIsJSON(t *testing.T) {
	whole := `{"a": [1, {"b\"": "x\\\u00e4y"}, [], {}, -1.5e3, true, null], "c": {"d": "é", "e": ""}}`
	for end := range len(whole) + 1 {
		text := typed.Closed(whole[:end])
		var value any
		if text != "" && json.Unmarshal([]byte(text), &value) != nil {
			t.Errorf("%s is closed to %s", whole[:end], text)
		}
		if end > 0 && text == "" {
			t.Errorf("%s is closed to nothing", whole[:end])
		}
	}
	for cut, want := range map[string]string{
		`{"a": "x`: `{"a": "x"}`, `{"a": 1`: `{}`, `{"a": 1,`: `{"a": 1}`, `{"a": tr`: `{}`,
		`{"a": "x\`: `{"a": "x"}`, `{"a": "x\u00`: `{"a": "x"}`, `{"a": "x\u00e4`: `{"a": "x\u00e4"}`,
		`[1, [2, "`: `[1, [2, ""]]`, `{"a`: `{}`, `{"a": 1, "b`: `{"a": 1}`, `hi`: ``,
		"[\"\xc3":        `[""]`,
		`{"a": "x\ud83d`: `{"a": "x"}`, `{"a": "x\ud83d\ude`: `{"a": "x"}`,
		`{"a": "x\ud83d\ude00`: `{"a": "x\ud83d\ude00"}`, `{"a": "\\ud83d`: `{"a": "\\ud83d"}`,
		`{"a": "\nd83d`: `{"a": "\nd83d"}`, `{"a": "\ud83dx`: `{"a": "\ud83dx"}`,
	} {
		if got := typed.Closed(cut); got != want {
			t.Errorf("%s is closed to %s, not %s", cut, got, want)
		}
	}
}

type where struct {
	City string `json:"city" jsonschema:"its name"`
	Days *int   `json:"days"`
}

func TestToolsHaveTypedArguments(t *testing.T) {
	var got where
	tool := typed.NewTool("weather", "The weather", func(_ context.Context, at where) (any, error) {
		got = at
		return map[string]string{"sky": "rain"}, nil
	})
	sameJSON(t, tool.Tool, `{"type":"function","function":{"name":"weather",`+
		`"description":"The weather","strict":true,"parameters":{"type":"object","properties":{`+
		`"city":{"type":"string","description":"its name"},"days":{"type":["null","integer"]}},`+
		`"required":["city","days"],"additionalProperties":false}}}`)
	response := &literllm.Response{ToolCalls: []literllm.ToolCall{
		{ID: "1", Name: "weather", Arguments: `{"city":"Hamburg","days":null}`},
		{ID: "2", Name: "weather", Arguments: `{"town":"Hamburg"}`},
		{ID: "3", Name: "weather", Arguments: `{"city`},
	}}
	results := literllm.RunTools(bounded(t), response, tool)
	if got.City != "Hamburg" || results[0].Content != `{"sky":"rain"}` ||
		!strings.HasPrefix(results[1].Content.(string), "error: the arguments are wrong: it does not") ||
		!strings.HasPrefix(results[2].Content.(string), "error: the arguments are wrong: it is no JSON") {
		t.Errorf("%+v %+v", got, results)
	}
	nothing := typed.NewTool("now", "", func(context.Context, struct{}) (any, error) { return 1, nil })
	described, _ := json.Marshal(nothing.Tool)
	if !strings.Contains(string(described), `"parameters":{"type":"object","properties":{},`) {
		t.Errorf("%s", described)
	}
	call := literllm.ToolCall{ID: "1", Name: "now", Arguments: "{}"}
	response = &literllm.Response{ToolCalls: []literllm.ToolCall{call}}
	if got := literllm.RunTools(bounded(t), response, nothing); got[0].Content != "1" {
		t.Errorf("%+v", got)
	}
}

func TestMistakesOfAToolPanic(t *testing.T) {
	for name, says := range map[string]string{
		"list": "make them a struct", "gr\u00f6\u00dfe": "the name",
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, says) {
					t.Errorf("%s: %s", name, message)
				}
			}()
			typed.NewTool(name, "", func(context.Context, []string) (any, error) { return nil, nil })
		}()
	}
}
