// A program that takes the package from its folder `vendor`.
package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("openai"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	reply, err := client.Complete(context.Background(), literllm.Request{
		Model: "m", Messages: []literllm.Message{literllm.User("hi")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text)
}
