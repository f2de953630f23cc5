// The driver of the openai-go package: one client for all, the base URL of each call an option.
package main

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"liter-llm-bench/meter"
)

func main() {
	driver, asked := meter.Parse("openai-go")
	transport := &http.Transport{MaxIdleConnsPerHost: asked.Concurrency}
	client := openai.NewClient(
		option.WithAPIKey(meter.APIKey), option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{Transport: transport}))
	request := openai.ChatCompletionNewParams{
		Model:    meter.Model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(meter.Prompt)},
	}
	ask := func(ctx context.Context, baseURL string, counted *meter.Stream) error {
		chunks := client.Chat.Completions.NewStreaming(ctx, request, option.WithBaseURL(baseURL))
		defer chunks.Close()
		for chunks.Next() {
			choices := chunks.Current().Choices
			if len(choices) > 0 && choices[0].Delta.Content != "" {
				counted.Token(choices[0].Delta.Content)
			}
		}
		return chunks.Err()
	}
	meter.Run(driver, "openai-go "+version(), asked, ask)
}

// version is that of the package in this program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/openai/openai-go/v3" {
				return module.Version
			}
		}
	}
	return ""
}
