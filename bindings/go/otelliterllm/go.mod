module github.com/liter-llm/liter-llm/bindings/go/otelliterllm

go 1.23.0

require (
	github.com/liter-llm/liter-llm/bindings/go v0.0.0
	// The interfaces of OpenTelemetry, which the program brings the implementation of. This is the
	// last version for the Go of the module above; a program may require any later one.
	go.opentelemetry.io/otel v1.38.0
	go.opentelemetry.io/otel/metric v1.38.0
	go.opentelemetry.io/otel/trace v1.38.0
)

require (
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	go.opentelemetry.io/auto/sdk v1.1.0 // indirect
)

replace github.com/liter-llm/liter-llm/bindings/go => ../
