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

	"liter-llm-bench/meter"
)

func ours(asked meter.Arguments) (meter.Asker, string) {
	options := []literllm.Option{
		literllm.WithProvider("openai"), literllm.WithAPIKey(meter.APIKey),
		literllm.With("retries_max", 0),
	}
	if asked.CA != "" {
		options = append(options, literllm.With("ca_file", asked.CA))
	}
	client, err := literllm.New(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ask := func(ctx context.Context, baseURL string, counted *meter.Stream) error {
		request := literllm.Request{
			Model: meter.Model, Messages: []literllm.Message{literllm.User(meter.Prompt)}, BaseURL: baseURL,
		}
		if asked.Whole {
			reply, err := client.Complete(ctx, request)
			if err == nil {
				counted.Token(reply.Text)
			}
			return err
		}
		for token, err := range client.Invoke(ctx, request).Tokens() {
			if err != nil {
				return err
			}
			counted.Token(token)
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
func netHTTP(asked meter.Arguments) (meter.Asker, string) {
	transport := &http.Transport{MaxIdleConnsPerHost: asked.Concurrency}
	if asked.CA != "" {
		pool := x509.NewCertPool()
		certificate, _ := os.ReadFile(asked.CA)
		pool.AppendCertsFromPEM(certificate)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	client := &http.Client{Transport: transport}
	body, _ := json.Marshal(map[string]any{
		"model": meter.Model, "stream": !asked.Whole,
		"messages": []map[string]string{{"role": "user", "content": meter.Prompt}},
	})
	ask := func(ctx context.Context, baseURL string, counted *meter.Stream) error {
		request, err := http.NewRequestWithContext(
			ctx, http.MethodPost, baseURL+"/chat/completions", bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("authorization", "Bearer "+meter.APIKey)
		request.Header.Set("content-type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if asked.Whole {
			return whole(response.Body, counted)
		}
		return lines(response.Body, counted)
	}
	return ask, "net/http, " + runtime.Version()
}

func lines(body io.Reader, counted *meter.Stream) error {
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
			counted.Token(event.Choices[0].Delta.Content)
		}
	}
	return scanner.Err()
}

func whole(body io.Reader, counted *meter.Stream) error {
	var document chunk
	if err := json.NewDecoder(body).Decode(&document); err != nil {
		return err
	}
	counted.Token(document.Choices[0].Message.Content)
	_, err := io.Copy(io.Discard, body)
	return err
}
