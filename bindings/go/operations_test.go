package literllm_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func TestRerank(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.WithProvider("jina"))
	response, err := client.Rerank(bounded(t), literllm.RerankRequest{
		Model: "test-model", Query: "red fox", BaseURL: baseURL(plan(t, hello)),
		Documents: []any{"a dog", map[string]any{"text": "red fox"}, "red"}, TopN: 2,
	})
	if err != nil || len(response.Results) != 2 || response.Provider != "jina" {
		t.Fatalf("%+v %v", response, err)
	}
	first, second := response.Results[0], response.Results[1]
	if first.Index != 1 || first.Score == nil || second.Score == nil ||
		*first.Score < *second.Score || second.Index != 2 || second.Document != "red" ||
		!reflect.DeepEqual(first.Document, map[string]any{"text": "red fox"}) {
		t.Errorf("%+v", response.Results)
	}
}

func TestRerankRefusesWhatIsNoDocument(t *testing.T) {
	client := newClient(t, literllm.WithProvider("jina"))
	for want, documents := range map[string]any{
		"documents[0]: expected text, got []byte": []any{[]byte("a")},
		"documents: expected a list":              "one text",
	} {
		_, err := client.Rerank(bounded(t), literllm.RerankRequest{
			Model: "test-model", Query: "red fox", Documents: documents,
		})
		if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and %s expected", err, want)
		}
	}
}

// Every page of the list is asked for.
func TestModels(t *testing.T) {
	leavesNothing(t)
	key := plan(t, hello)
	response, err := newClient(t).Models(bounded(t), literllm.ModelsRequest{
		Provider: "gemini", BaseURL: strings.TrimSuffix(baseURL(key), "/v1") + "/v1beta",
	})
	if err != nil || len(response.Models) != 5 || response.Requests != 3 {
		t.Fatalf("%+v %v", response, err)
	}
	for _, model := range response.Models {
		if model.ID == "" || len(model.Raw) == 0 {
			t.Errorf("%+v", model)
		}
	}
}

// What a provider says of a model is in the words of this library; what it does not say is zero.
func TestModelFields(t *testing.T) {
	leavesNothing(t)
	key := plan(t, map[string]any{
		"status": 200, "headers": [][2]string{{"content-type", "application/json"}},
		"body": `{"object": "list", "data": [{"id": "old", "capabilities": ["completion", "new"],
			"lifecycle": "deprecated", "shutdown_date": "2026-01-01"}, {"id": "plain"}]}`,
	})
	response, err := newClient(t).Models(bounded(t), literllm.ModelsRequest{BaseURL: baseURL(key)})
	if err != nil || len(response.Models) != 2 {
		t.Fatalf("%+v %v", response, err)
	}
	old, plain := response.Models[0], response.Models[1]
	if !slices.Equal(old.Capabilities, []string{"chat"}) || !old.Deprecated ||
		old.RetiresAt != 1767225600 {
		t.Errorf("%+v", old)
	}
	if plain.Capabilities != nil || plain.Deprecated || plain.RetiresAt != 0 {
		t.Errorf("%+v", plain)
	}
}

func TestStats(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.WithStreamsMax(1))
	if stats, err := client.Stats(bounded(t)); err != nil || len(stats.Providers) != 0 {
		t.Fatalf("%+v %v", stats, err)
	}
	response, err := client.Complete(bounded(t), ask(plan(t, hello)))
	if err != nil {
		t.Fatal(err)
	}
	stats, err := client.Stats(bounded(t))
	if err != nil || stats.Live != 0 || stats.Queued != 0 || len(stats.Providers) != 1 {
		t.Fatalf("%+v %v", stats, err)
	}
	openai, usage := stats.Providers["openai"], response.Usage
	if openai.Requests != 1 || openai.Retries != 0 || openai.RateLimited != 0 ||
		openai.OutputTokens != *usage.OutputTokens || openai.FirstTokenP50MS <= 0 {
		t.Errorf("%+v", openai)
	}
}

func TestCountTokens(t *testing.T) {
	leavesNothing(t)
	request := ask(plan(t, hello))
	request.Messages = []literllm.Message{literllm.User("one two three")}
	request.Provider = "anthropic"
	response, err := newClient(t).CountTokens(bounded(t), request)
	if err != nil || response.InputTokens != 3 || response.Provider != "anthropic" {
		t.Errorf("%+v %v", response, err)
	}
}

// A function of api_key is asked by an operation as by a chat: a refused token is asked for anew.
func TestOperationsAskForKeys(t *testing.T) {
	leavesNothing(t)
	source := &keys{keys: []string{oldToken, newToken}}
	key := plan(t, expired, hello)
	request := embedding(key, texts(2))
	request.Options = []literllm.Option{literllm.WithAPIKeyFunc(source.next)}
	response, err := newClient(t).Embed(bounded(t), request)
	if err != nil || len(response.Vectors) != 2 || response.Attempts != 2 {
		t.Fatalf("%+v %v", response, err)
	}
	if got := sent(t, key); !reflect.DeepEqual(got, []string{oldToken, newToken}) {
		t.Errorf("%v", got)
	}
}

// The parts of an Embed ask one after the other, and take a key that came meanwhile. When one gets
// none the call ends, and nobody else is asked.
func TestPartsAskForKeysOneAtATime(t *testing.T) {
	leavesNothing(t)
	const parts = 4
	none := errors.New("the vault is closed")
	for _, failure := range []error{nil, none} {
		var asking, asked atomic.Int64
		request := embedding(plan(t, hello), texts(parts))
		request.InputsPerRequest = 1
		request.Options = []literllm.Option{
			literllm.WithAPIKeyFunc(func(context.Context) (string, error) {
				if asked.Add(1); asking.Add(1) != 1 {
					t.Error("asked twice at the same time")
				}
				runtime.Gosched()
				asking.Add(-1)
				return newToken, failure
			}),
		}
		response, err := newClient(t).Embed(bounded(t), request)
		if failure == nil && (err != nil || len(response.Vectors) != parts) {
			t.Errorf("%+v %v", response, err)
		}
		if failure != nil && (!errors.Is(err, literllm.ErrAuthentication) || !errors.Is(err, none)) {
			t.Error(err)
		}
		if count := asked.Load(); count < 1 || count > parts || failure != nil && count != 1 {
			t.Errorf("asked %d times", count)
		}
	}
}

// The context of a function ends with the call, while it is asked.
func TestKeysOfPartsEndWithTheCall(t *testing.T) {
	leavesNothing(t)
	bound := bounded(t)
	ctx, cancel := context.WithCancel(bound)
	ended := make(chan error, 1)
	request := embedding(plan(t, hello), texts(4))
	request.InputsPerRequest = 1
	request.Options = []literllm.Option{
		literllm.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
			cancel()
			select {
			case <-ctx.Done():
			case <-bound.Done():
			}
			ended <- bound.Err()
			return "", ctx.Err()
		}),
	}
	if _, err := newClient(t).Embed(ctx, request); !errors.Is(err, literllm.ErrCancelled) {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error("the context did not end with the call")
	}
}

func TestOperationsAsJSON(t *testing.T) {
	temperature := 0.5
	for _, test := range []struct {
		request any
		want    string
	}{
		{
			literllm.EmbedRequest{Model: "m", Input: []string{"a"}, InputType: "query", Normalize: true},
			`{"operation":"embed","model":"m","input":["a"],"input_type":"query","normalize":true}`,
		},
		{
			literllm.RerankRequest{Model: "m", Query: "q", Documents: []string(nil), TopN: 1},
			`{"operation":"rerank","model":"m","query":"q","documents":[],"top_n":1}`,
		},
		{
			literllm.ModelsRequest{Provider: "openai"},
			`{"operation":"models","provider":"openai"}`,
		},
		{
			literllm.Request{Model: "m", Messages: []literllm.Message{}, Temperature: &temperature,
				Stream: new(bool)},
			`{"operation":"count_tokens","model":"m","messages":[],"temperature":0.5}`,
		},
		{
			literllm.ModelsRequest{
				Options: []literllm.Option{literllm.With("connect_timeout_ms", 2)},
				Extra:   map[string]any{"page": json.Number("7")},
			},
			`{"connect_timeout_ms":2,"operation":"models","page":7}`,
		},
	} {
		if got, err := literllm.OperationJSON(test.request); err != nil || got != test.want {
			t.Errorf("%s %v, and %s expected", got, err, test.want)
		}
	}
}

// Where a provider has no such operation the error says so, and the next call works.
func TestProviderLacksAnOperation(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	request := embedding(plan(t, hello), "a")
	request.Provider = "groq"
	_, err := client.Embed(bounded(t), request)
	if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), "groq") {
		t.Error(err)
	}
	if _, err := client.Models(bounded(t),
		literllm.ModelsRequest{BaseURL: baseURL(plan(t, hello))}); err != nil {
		t.Error(err)
	}
	var none *literllm.Client
	if _, err := none.Embed(bounded(t), literllm.EmbedRequest{}); !errors.Is(err,
		literllm.ErrInvalidArgument) {
		t.Error(err)
	}
}

// The callback of Invoke gets the JSON of a result; vectors are not text.
func TestInvokeOfAnOperation(t *testing.T) {
	var got []string
	collect := func(token string) { got = append(got, token) }
	models, _ := json.Marshal(object{"operation": "models", "api_key": "test-key",
		"base_url": baseURL(plan(t, hello))})
	err := literllm.Invoke("openai", string(models), collect)
	if err != nil || len(got) != 1 || !strings.HasPrefix(got[0], `{"models":[`) {
		t.Errorf("%v %v", got, err)
	}
	err = literllm.Invoke("openai", `{"operation": "embed", "model": "m", "input": "a"}`, collect)
	if !errors.Is(err, literllm.ErrInvalidRequest) || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
}
