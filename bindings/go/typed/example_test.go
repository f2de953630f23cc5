package typed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/typed"
)

type Composer struct {
	Name string `json:"name" jsonschema:"the family name"`
	Born int    `json:"born"`
	City string `json:"city" enum:"Hamburg,Vienna,Leipzig"`
}

func ExampleCompleteAs() {
	server := httptest.NewServer(&provider{answers: []answer{
		{text: `{"name":"Brahms","born":1833,"city":"Hamburg"}`}}})
	defer server.Close()
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI),
		literllm.WithAPIKey("test-key"), literllm.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	composer, _, err := typed.CompleteAs[Composer](context.Background(), client, literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Who wrote the Academic Festival Overture?")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(composer.Name, composer.Born, composer.City)
	// Output: Brahms 1833 Hamburg
}

func ExampleSchema() {
	schema, err := typed.Schema[Composer]()
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(schema.Properties["city"])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text), schema.Required)
	// Output: {"type":"string","enum":["Hamburg","Vienna","Leipzig"]} [name born city]
}

func ExampleNewTool() {
	type Sum struct {
		A int `json:"a"`
		B int `json:"b"`
	}
	add := typed.NewTool("add", "Adds two numbers", func(_ context.Context, sum Sum) (any, error) {
		return sum.A + sum.B, nil
	})
	response := &literllm.Response{ToolCalls: []literllm.ToolCall{
		{ID: "call_1", Name: "add", Arguments: `{"a":2,"b":3}`},
		{ID: "call_2", Name: "add", Arguments: `{"a":2}`},
	}}
	for _, result := range literllm.RunTools(context.Background(), response, add) {
		said, _, _ := strings.Cut(result.Content.(string), ": it")
		fmt.Println(result.ToolCallID, said)
	}
	// Output:
	// call_1 5
	// call_2 error: the arguments are wrong
}
