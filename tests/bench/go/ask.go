package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func ours(asked arguments) (asker, string) {
	options := []literllm.Option{
		literllm.WithProvider("openai"), literllm.WithAPIKey(apiKey), literllm.With("retries_max", 0),
	}
	if asked.ca != "" {
		options = append(options, literllm.With("ca_file", asked.ca))
	}
	client, err := literllm.New(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ask := func(ctx context.Context, baseURL string, counted *stream) error {
		request := literllm.Request{
			Model: model, Messages: []literllm.Message{literllm.User(prompt)}, BaseURL: baseURL,
		}
		if asked.whole {
			reply, err := client.Complete(ctx, request)
			if err == nil {
				counted.token(reply.Text)
			}
			return err
		}
		for token, err := range client.Invoke(ctx, request).Tokens() {
			if err != nil {
				return err
			}
			counted.token(token)
		}
		return nil
	}
	return ask, "liter-llm " + literllm.Version()
}

type chunk struct {
	Choices []struct {
		Delta   struct{ Content string }
		Message struct{ Content string }
	}
}

// netHTTP is what one writes by hand: one client, as many connections as it takes, lines cut by a
// scanner, each delta parsed.
func netHTTP(asked arguments) (asker, string) {
	transport := &http.Transport{MaxIdleConnsPerHost: asked.concurrency}
	if asked.ca != "" {
		pool := x509.NewCertPool()
		certificate, _ := os.ReadFile(asked.ca)
		pool.AppendCertsFromPEM(certificate)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	client := &http.Client{Transport: transport}
	body, _ := json.Marshal(map[string]any{
		"model": model, "stream": !asked.whole,
		"messages": []map[string]string{{"role": "user", "content": prompt}},
	})
	ask := func(ctx context.Context, baseURL string, counted *stream) error {
		request, err := http.NewRequestWithContext(
			ctx, http.MethodPost, baseURL+"/chat/completions", bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("authorization", "Bearer "+apiKey)
		request.Header.Set("content-type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if asked.whole {
			return whole(response.Body, counted)
		}
		return lines(response.Body, counted)
	}
	return ask, "net/http, " + runtime.Version()
}

func lines(body io.Reader, counted *stream) error {
	scanner := bufio.NewScanner(body)
	for scanner.Scan() {
		data, ok := bytes.CutPrefix(scanner.Bytes(), []byte("data: "))
		if !ok || bytes.Equal(data, []byte("[DONE]")) {
			continue
		}
		var event chunk
		if err := json.Unmarshal(data, &event); err != nil {
			return err
		}
		if len(event.Choices) > 0 && event.Choices[0].Delta.Content != "" {
			counted.token(event.Choices[0].Delta.Content)
		}
	}
	return scanner.Err()
}

func whole(body io.Reader, counted *stream) error {
	var document chunk
	if err := json.NewDecoder(body).Decode(&document); err != nil {
		return err
	}
	counted.token(document.Choices[0].Message.Content)
	_, err := io.Copy(io.Discard, body)
	return err
}
