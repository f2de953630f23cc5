//go:build cgo

package literllm

// Tool is a function that the model may call, or a tool of the provider's own. [FunctionTool] makes
// the first.
type Tool struct {
	// Type is function, or the provider's name for a tool of its own.
	Type string `json:"type"`
	// Function describes a function; a tool of the provider's own has none.
	Function ToolFunction `json:"function"`
	// Extra holds any other fields, for the provider, such as those of a tool of its own.
	Extra map[string]any `json:"-"`
}

// ToolFunction describes a function to the model.
type ToolFunction struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Parameters is the JSON schema of the arguments: a value that encoding/json writes as one.
	Parameters any `json:"parameters,omitempty"`
	// Strict asks the provider to keep to the schema, where it can.
	Strict *bool `json:"strict,omitempty"`
}

// FunctionTool describes a function to the model; parameters is the JSON schema of its arguments.
func FunctionTool(name, description string, parameters any) Tool {
	function := ToolFunction{Name: name, Description: description, Parameters: parameters}
	return Tool{Type: "function", Function: function}
}

// What Request.ToolChoice may be, beside what [ToolChoiceFunction] returns.
const (
	// ToolChoiceAuto: the model decides.
	ToolChoiceAuto = "auto"
	// ToolChoiceNone: the model calls no tool.
	ToolChoiceNone = "none"
	// ToolChoiceRequired: the model calls at least one tool.
	ToolChoiceRequired = "required"
)

// NamedToolChoice names the function that the model has to call.
type NamedToolChoice struct {
	// Type is function.
	Type     string            `json:"type"`
	Function NamedToolFunction `json:"function"`
}

// NamedToolFunction is a function's name.
type NamedToolFunction struct {
	Name string `json:"name"`
}

// ToolChoiceFunction is a Request.ToolChoice: the model has to call the function of that name.
func ToolChoiceFunction(name string) NamedToolChoice {
	return NamedToolChoice{Type: "function", Function: NamedToolFunction{Name: name}}
}

// ResponseFormat is the shape that a response must have.
type ResponseFormat struct {
	// Type is json_schema or json_object.
	Type       string            `json:"type"`
	JSONSchema *JSONSchemaFormat `json:"json_schema,omitempty"`
}

// JSONSchemaFormat is a schema that a response keeps to.
type JSONSchemaFormat struct {
	// Name has letters, digits, _ and - only.
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Strict has the provider hold the model to the schema.
	Strict bool `json:"strict"`
	// Schema is a value that encoding/json writes as a JSON schema.
	Schema any `json:"schema"`
}

// JSONSchema is a Request.ResponseFormat: JSON that keeps to a schema. The module
// github.com/liter-llm/liter-llm/bindings/go/typed makes schemas of Go types.
func JSONSchema(name string, schema any) ResponseFormat {
	format := &JSONSchemaFormat{Name: name, Strict: true, Schema: schema}
	return ResponseFormat{Type: "json_schema", JSONSchema: format}
}

// JSONObject is a Request.ResponseFormat: any JSON object.
func JSONObject() ResponseFormat { return ResponseFormat{Type: "json_object"} }

// Ptr returns a pointer to a value, for fields such as Request.Temperature.
func Ptr[T any](value T) *T { return &value }
