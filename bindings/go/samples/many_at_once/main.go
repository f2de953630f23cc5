package main

import (
	"context"
	"fmt"
	"log"
	"sync"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("openai"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	questions := []string{"What is a borrow?", "What is a lifetime?", "What is a move?"}
	responses := make([]string, len(questions))
	var all sync.WaitGroup
	for index, question := range questions {
		all.Add(1)
		go func() {
			defer all.Done()
			response, err := client.Complete(context.Background(), literllm.Request{
				Model:    "gpt-4o-mini",
				Messages: []literllm.Message{literllm.User(question)},
			})
			if err != nil {
				log.Fatal(err)
			}
			responses[index] = response.Text
		}()
	}
	all.Wait()
	for index, question := range questions {
		fmt.Println(question, responses[index])
	}
}
