package main

import (
	"fmt"
	"log"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// go run ./samples/invoke openai '{"model": "gpt-4o-mini", "messages": [...]}'
func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: invoke PROVIDER REQUEST_JSON")
	}
	print := func(token string) { fmt.Print(token) }
	if err := literllm.Invoke(os.Args[1], os.Args[2], print); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
}
