package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// answer streams a response as server-sent events. When the browser goes away, the context of its
// request ends, and with it the call: the connection to the provider is closed at once.
func answer(client *literllm.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		stream := client.Invoke(r.Context(), literllm.Request{
			Model:    "gpt-4o-mini",
			Messages: []literllm.Message{literllm.User(r.FormValue("question"))},
		})
		w.Header().Set("content-type", "text/event-stream")
		w.Header().Set("cache-control", "no-store")
		w.Header().Set("x-accel-buffering", "no") // nginx would hold back what is small.
		for token, err := range stream.Tokens() {
			if err != nil {
				log.Print(err) // It may name the account, which is not for the browser.
				send(w, "failed", "no answer")
				return
			}
			if send(w, "token", token) != nil {
				return // The loop's end closes the connection too.
			}
		}
		send(w, "done", stream.Response().FinishReason)
	}
}

// send writes one event. JSON keeps the line breaks of a token out of the format's own.
func send(w http.ResponseWriter, event, data string) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

func main() {
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	address := "127.0.0.1:8080"
	if len(os.Args) == 2 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/answer?question=hello\n", listener.Addr())
	http.HandleFunc("GET /answer", answer(client))
	// No WriteTimeout: it would cut long answers.
	log.Fatal(http.Serve(listener, nil))
}
