package literllm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// exampleProvider answers each request with the next of these messages, as OpenAI does.
func exampleProvider(messages ...string) *httptest.Server {
	next := make(chan string, len(messages))
	for _, message := range messages {
		next <- message
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Stream bool `json:"stream"`
		}
		_ = json.NewDecoder(r.Body).Decode(&asked)
		message := <-next
		if message == "" {
			w.Header().Set("retry-after", "120")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if asked.Stream {
			w.Header().Set("content-type", "text/event-stream")
			fmt.Fprintf(w, `data: {"id":"r","model":"gpt-4o-mini","choices":[{"index":0,`+
				`"delta":%s,"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n", message)
			return
		}
		w.Header().Set("content-type", "application/json")
		fmt.Fprintf(w, `{"id":"r","model":"gpt-4o-mini","choices":[{"index":0,"message":%s,`+
			`"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}`, message)
	}))
}

// exampleClient is a client of such a provider; it and the provider live as long as the example.
func exampleClient(messages ...string) (*literllm.Client, func()) {
	provider := exampleProvider(messages...)
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI),
		literllm.WithAPIKey("test-key"), literllm.WithBaseURL(provider.URL+"/v1"))
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		client.Close()
		provider.Close()
	}
}

const exampleAnswer = `{"role":"assistant","content":"A loan."}`

func ExampleClient_Invoke() {
	client, end := exampleClient(exampleAnswer)
	defer end()
	stream := client.Invoke(context.Background(), literllm.Request{
		Model:     "gpt-4o-mini",
		Messages:  []literllm.Message{literllm.User("What is a borrow?")},
		MaxTokens: 100,
	})
	for token, err := range stream.Tokens() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(token)
	}
	fmt.Println("", stream.Response().FinishReason)
	// Output: A loan. stop
}

func ExampleClient_Complete() {
	client, end := exampleClient(exampleAnswer)
	defer end()
	response, err := client.Complete(context.Background(), literllm.Request{
		Model: "gpt-4o-mini",
		Messages: []literllm.Message{
			literllm.System("Be brief."), literllm.User("What is a borrow?"),
		},
		Temperature: literllm.Ptr(0.2),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text)
	fmt.Println(response)
	// Output:
	// A loan.
	// literllm.Response{openai/gpt-4o-mini, stop, 9+3 tokens, "A loan."}
}

func ExampleError() {
	client, end := exampleClient("")
	defer end()
	_, err := client.Complete(context.Background(), literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("What is a borrow?")},
	})
	var failed *literllm.Error
	if errors.As(err, &failed) && errors.Is(err, literllm.ErrRateLimited) {
		fmt.Println(failed.Kind, failed.Status, failed.RetryAfter)
	}
	// Output: RATE_LIMITED 429 2m0s
}

func ExampleUserParts() {
	message := literllm.UserParts(
		literllm.TextPart("What is this?"),
		literllm.ImageDataPart("image/png", []byte("...")),
		literllm.ImagePart("https://example.com/cat.png"),
		literllm.FilePart("report.pdf", "application/pdf", []byte("...")),
	)
	text, err := json.MarshalIndent(message, "", " ")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output:
	// {
	//  "role": "user",
	//  "content": [
	//   {
	//    "type": "text",
	//    "text": "What is this?"
	//   },
	//   {
	//    "type": "image_url",
	//    "image_url": {
	//     "url": "data:image/png;base64,Li4u"
	//    }
	//   },
	//   {
	//    "type": "image_url",
	//    "image_url": {
	//     "url": "https://example.com/cat.png"
	//    }
	//   },
	//   {
	//    "type": "file",
	//    "file": {
	//     "filename": "report.pdf",
	//     "file_data": "data:application/pdf;base64,Li4u"
	//    }
	//   }
	//  ]
	// }
}

func ExampleRunTools() {
	client, end := exampleClient(`{"role":"assistant","tool_calls":[{"id":"call_1",`+
		`"type":"function","function":{"name":"sky","arguments":"{\"city\":\"Hamburg\"}"}}]}`,
		`{"role":"assistant","content":"Take an umbrella."}`)
	defer end()
	sky := literllm.RunnableTool{
		Tool: literllm.FunctionTool("sky", "The sky over a city", map[string]any{
			"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
		}),
		Run: func(ctx context.Context, arguments json.RawMessage) (any, error) {
			var place struct{ City string }
			if err := json.Unmarshal(arguments, &place); err != nil {
				return nil, err
			}
			return "rain over " + place.City, nil
		},
	}
	request := literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("How do I dress?")},
		Tools:    literllm.Tools(sky),
	}
	ctx := context.Background()
	response, err := client.Complete(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	results := literllm.RunTools(ctx, response, sky)
	fmt.Println(results[0].Content)
	request.Messages = append(append(request.Messages, response.Message()), results...)
	if response, err = client.Complete(ctx, request); err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text)
	// Output:
	// rain over Hamburg
	// Take an umbrella.
}

func ExampleWithInterceptor() {
	provider := exampleProvider(exampleAnswer)
	defer provider.Close()
	watch := func(ctx context.Context, call *literllm.Call) (context.Context, func(literllm.CallEnd)) {
		call.Headers["x-request-source"] = "example"
		return ctx, func(end literllm.CallEnd) {
			fmt.Println(call.Operation, call.Provider, call.Model, end.Response.Outcome, end.Err)
		}
	}
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI),
		literllm.WithAPIKey("test-key"), literllm.WithBaseURL(provider.URL+"/v1"),
		literllm.WithInterceptor(watch))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_, err = client.Complete(context.Background(), literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("What is a borrow?")},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: chat openai gpt-4o-mini complete <nil>
}

func ExampleResponse_Message() {
	// A response survives JSON: keep it, and go on with the conversation later.
	var kept literllm.Response
	err := json.Unmarshal([]byte(`{"message":{"role":"assistant","content":"A loan."},`+
		`"text":"A loan.","collected":true}`), &kept)
	if err != nil {
		log.Fatal(err)
	}
	messages := []literllm.Message{
		literllm.User("What is a borrow?"), kept.Message(), literllm.User("Of what?"),
	}
	for _, message := range messages {
		fmt.Println(message.Role, message.Content)
	}
	// Output:
	// user What is a borrow?
	// assistant A loan.
	// user Of what?
}
