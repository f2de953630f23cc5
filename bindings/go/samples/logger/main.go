package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	client, err := literllm.New(
		literllm.WithProvider(literllm.ProviderOpenAI), literllm.WithLogger(logger))
	if err != nil {
		log.Fatal(err)
	}
	response, err := client.Complete(context.Background(), literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
	})
	if err != nil {
		logger.Error("no answer", "error", err)
	} else {
		// A response, a request and a client are printed without secrets.
		logger.Info("answered", "response", response.String())
	}
	client.Close()
}
