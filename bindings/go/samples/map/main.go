package main

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"log"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("openai"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	options := literllm.MapOptions{Concurrency: 100}
	for number, result := range client.Map(context.Background(), requests(), options) {
		if result.Err != nil {
			fmt.Println(number, result.Err)
			continue
		}
		fmt.Println(number, result.Response.Text)
	}
}

// requests has one for each line of standard input, which is read as the requests are sent.
func requests() iter.Seq[literllm.Request] {
	return func(yield func(literllm.Request) bool) {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if !yield(literllm.Request{
				Model:    "gpt-4o-mini",
				Messages: []literllm.Message{literllm.User(lines.Text())},
			}) {
				return
			}
		}
	}
}
