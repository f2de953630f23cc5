package main

import (
	"context"
	"fmt"
	"log"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// The first argument names the file that keeps the handle.
func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: batch FILE")
	}
	client, err := literllm.New(literllm.WithProvider("openai"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, file := context.Background(), os.Args[1]
	handle, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		batch, err := client.SubmitBatch(ctx, literllm.BatchRequest{Requests: []literllm.BatchRow{
			row("borrow", "What is a borrow?"), row("lifetime", "What is a lifetime?"),
		}})
		if err != nil {
			log.Fatal(err)
		}
		handle = []byte(batch.Batch)
		if err := os.WriteFile(file, handle, 0o600); err != nil {
			log.Fatal(err)
		}
	}
	state, err := client.BatchStatus(ctx, string(handle))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(state.State, state.Counts)
	if state.State != "ended" {
		return
	}
	for result, err := range client.BatchResults(ctx, string(handle)) {
		switch {
		case err != nil:
			log.Fatal(err)
		case result.Response != nil:
			fmt.Println(result.ID, result.Outcome, result.Response.Text)
		default:
			fmt.Println(result.ID, result.Outcome, result.Err)
		}
	}
}

func row(id, question string) literllm.BatchRow {
	messages := []literllm.Message{literllm.User(question)}
	return literllm.BatchRow{
		ID: id, Request: literllm.Request{Model: "gpt-4o-mini", Messages: messages},
	}
}
