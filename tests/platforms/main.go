// What a program does with the package on any system: platform TEXT_URL HANG_URL. A text as it
// comes, many at once, two that are cancelled.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func request(url string) literllm.Request {
	messages := []literllm.Message{literllm.User("Hello")}
	return literllm.Request{Model: "gpt-4o-mini", Messages: messages, BaseURL: url}
}

func main() {
	client, err := literllm.New(literllm.WithProvider("openai"), literllm.WithAPIKey("test-key"))
	if err != nil {
		log.Fatal(err)
	}
	text := read(client, os.Args[1])
	var readers sync.WaitGroup
	for range 20 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			if again := read(client, os.Args[1]); again != text {
				log.Fatalf("%q and %q", text, again)
			}
		}()
	}
	readers.Wait()
	for range 2 {
		cancel(client, os.Args[2])
	}
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
}

func read(client *literllm.Client, url string) (text string) {
	for token, err := range client.Invoke(context.Background(), request(url)).Tokens() {
		if err != nil {
			log.Fatal(err)
		}
		text += token
	}
	return text
}

func cancel(client *literllm.Client, url string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for token, err := range client.Invoke(ctx, request(url)).Tokens() {
		if err != nil {
			return
		}
		if token != "one" {
			log.Fatal(token)
		}
		cancel()
	}
	log.Fatal("a cancelled stream ended as a whole one")
}
