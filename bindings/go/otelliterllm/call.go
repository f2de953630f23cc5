package otelliterllm

import (
	"net/url"
	"strconv"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel/attribute"
)

// call is what spans and metrics say of a call alike.
type call struct {
	began     time.Time
	operation string
	provider  string
	// As the client names it.
	ownProvider string
	model       string
	stream      bool
	address     string
	port        int
}

// The calls that are reported, and what the conventions call them: gen_ai.operation.name.
var operations = map[string]string{literllm.OperationChat: "chat",
	literllm.OperationEmbed: "embeddings", literllm.OperationRerank: "rerank"}

// The conventions have names for these: gen_ai.provider.name. Others keep ours.
var providers = map[string]string{
	literllm.ProviderAzure: "azure.ai.openai", literllm.ProviderBedrock: "aws.bedrock",
	literllm.ProviderGemini: "gcp.gemini", literllm.ProviderVertex: "gcp.vertex_ai",
	literllm.ProviderMistral: "mistral_ai", literllm.ProviderMoonshot: "moonshot_ai",
	literllm.ProviderXAI: "x_ai",
}

// describe returns nil for a call that is not reported.
func describe(given *literllm.Call) *call {
	operation, reported := operations[given.Operation]
	if !reported {
		return nil
	}
	described := &call{began: time.Now(), operation: operation, model: given.Model,
		stream: given.Stream && given.Operation == literllm.OperationChat}
	described.named(given.Provider)
	described.address, described.port = server(given.BaseURL)
	return described
}

func (c *call) isChat() bool { return c.operation == operations[literllm.OperationChat] }

func (c *call) named(provider string) {
	c.ownProvider, c.provider = provider, provider
	if name, known := providers[provider]; known {
		c.provider = name
	}
}

// respondedBy is another provider than was asked first, where it fell back. Its address is not
// known.
func (c *call) respondedBy(response *literllm.Response) {
	if response.Provider != "" && response.Provider != c.ownProvider {
		c.named(response.Provider)
		c.address, c.port = "", 0
	}
}

func (c *call) name() string {
	if c.model == "" {
		return c.operation
	}
	return c.operation + " " + c.model
}

// whom says what is asked of whom: the attributes that samplers decide by.
func (c *call) whom() []attribute.KeyValue {
	attributes := []attribute.KeyValue{attribute.String("gen_ai.operation.name", c.operation)}
	if c.provider != "" {
		attributes = append(attributes, attribute.String("gen_ai.provider.name", c.provider))
	}
	if c.model != "" {
		attributes = append(attributes, attribute.String("gen_ai.request.model", c.model))
	}
	if c.address != "" {
		attributes = append(attributes, attribute.String("server.address", c.address))
	}
	if c.port != 0 {
		attributes = append(attributes, attribute.Int("server.port", c.port))
	}
	return attributes
}

// server is the host and the port of a base URL.
func server(baseURL string) (string, int) {
	parsed, err := url.Parse(baseURL)
	if err != nil || parsed.Hostname() == "" {
		return "", 0
	}
	if port, err := strconv.Atoi(parsed.Port()); err == nil {
		return parsed.Hostname(), port
	}
	if parsed.Scheme == "http" {
		return parsed.Hostname(), 80
	}
	return parsed.Hostname(), 443
}
