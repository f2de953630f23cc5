package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	// Reads OTEL_EXPORTER_OTLP_ENDPOINT.
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	defer tracer.Shutdown(ctx)
	otel.SetTracerProvider(tracer)

	client, err := literllm.New(
		literllm.WithProvider(literllm.ProviderOpenAI), otelliterllm.Instrument())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, span := otel.Tracer("sample").Start(ctx, "question")
	defer span.End()
	response, err := client.Complete(ctx, literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text)
}
