// Apart from ../go, so that the package that is measured there needs none of this.
module liter-llm-bench-openai

go 1.26.0

require (
	// A peer: the official package of the first provider.
	github.com/openai/openai-go/v3 v3.98.0
	// What the drivers in Go share.
	liter-llm-bench v0.0.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/tidwall/gjson v1.20.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
)

replace (
	github.com/liter-llm/liter-llm/bindings/go => ../../../bindings/go
	liter-llm-bench => ../go
)
