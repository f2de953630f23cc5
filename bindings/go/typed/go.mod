module github.com/liter-llm/liter-llm/bindings/go/typed

go 1.23.0

require (
	// JSON schemas of Go types, and their validation: from the Go team, used by the official MCP SDK,
	// and without dependencies of its own, where github.com/invopop/jsonschema brings three. It is
	// required here and not by the module above, so that who does not use it does not get it.
	github.com/google/jsonschema-go v0.4.3
	github.com/liter-llm/liter-llm/bindings/go v0.0.0
)

replace github.com/liter-llm/liter-llm/bindings/go => ../
