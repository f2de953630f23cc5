package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/typed"
)

type Place struct {
	City string `json:"city" jsonschema:"the city's name in English"`
}

type Weather struct {
	Sky     string  `json:"sky"`
	Celsius float64 `json:"celsius"`
}

func weather(ctx context.Context, place Place) (any, error) {
	if place.City != "Hamburg" {
		return nil, fmt.Errorf("no weather station in %s", place.City) // The model reads this.
	}
	return Weather{Sky: "rain", Celsius: 9.5}, nil
}

func main() {
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()
	tools := []literllm.RunnableTool{
		typed.NewTool("weather", "The weather in a city", weather),
	}
	request := literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Do I need an umbrella in Hamburg?")},
		Tools:    literllm.Tools(tools...),
	}
	// The loop is yours, and so is its end.
	for range 5 {
		response, err := client.Complete(ctx, request)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(response.Text)
		if len(response.ToolCalls) == 0 {
			return
		}
		results := literllm.RunTools(ctx, response, tools...)
		request.Messages = append(request.Messages, response.Message())
		request.Messages = append(request.Messages, results...)
	}
}
