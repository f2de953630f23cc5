package main

// The struct of a request, with a field for each that the core knows.

import (
	"fmt"
	"log"
	"slices"
)

// The Go types of fields that say more than the schema does.
var fieldTypes = map[string]string{
	"messages": "[]Message", "tools": "[]Tool", "max_tokens": "int", "seed": "*int64",
}

// What is Go's own about a field.
var fieldNotes = map[string]string{
	"max_tokens": "0 is not sent.",
	"messages": "[System], [User], [UserParts], [Assistant], [ToolResult] and [Response.Message] " +
		"make messages.",
	"seed":        "[Ptr] makes the pointer. A larger one, which is unsigned, can be given in Extra.",
	"temperature": "[Ptr] makes the pointer.",
	"top_p":       "[Ptr] makes the pointer.",
	"tools":       "[FunctionTool] makes one.",
	"tool_choice": "It is [ToolChoiceAuto], [ToolChoiceNone] or [ToolChoiceRequired], or what " +
		"[ToolChoiceFunction] returns.",
	"response_format": "[JSONSchema] and [JSONObject] make one.",
	"stream": "Nil means that it is for Tokens and Events, and is not for Complete; [Ptr] makes the " +
		"pointer.",
	"provider": "It takes precedence over the client's and over the prefix of Model.",
	"headers":  "Those in Options take precedence.",
}

// Descriptions of what is another thing in Go.
var fieldDocs = map[string]string{
	"api_key":     "the key for this call; [WithAPIKeyFunc] in Options takes a function.",
	"provider":    "the provider to ask.",
	"seed":        "seed of sampling, a signed 64-bit integer.",
	"stop":        "texts at which the response stops.",
	"stream":      "whether the response is streamed.",
	"tool_choice": "which tool the model calls.",
}

// Options of a call that have a field too.
var optionFields = []string{"provider", "api_key", "base_url", "headers"}

const ownFields = `	// Collect is [WithCollect] for this call; nil uses the client's.
	Collect *bool ` + "`json:\"-\"`" + `
	// Options are the options of this call, such as WithIdleTimeout. They take precedence over the
	// client's and over the fields above.
	Options []Option ` + "`json:\"-\"`" + `
	// Extra holds any other fields, by their JSON names. Fields that the library does not know are
	// sent to the provider unchanged. Extra takes precedence over Options.
	Extra map[string]any ` + "`json:\"-\"`" + `
`

func request(read *schema) string {
	text := head + "//go:build cgo\n\npackage literllm\n\n" +
		comment("Request is one request, in the shape of OpenAI's chat completions. What is not set "+
			"is not sent. Printed, it shows no key.", "") +
		"type Request struct {\n"
	for _, field := range read.RequestFields {
		text += requestField(field)
	}
	for _, option := range read.CallOptions {
		if slices.Contains(optionFields, option.Name) {
			text += requestField(option)
		}
	}
	return text + ownFields + "}\n"
}

func requestField(field option) string {
	kind, known := fieldTypes[field.Name]
	if !known {
		kind, known = map[string]string{
			"text": "string", "key": "string", "integer": "*int64", "number": "*float64",
			"boolean": "*bool", "list of text": "[]string", "list of objects": "[]map[string]any",
			"object": "map[string]any", "any": "any", "headers": "map[string]string",
		}[field.Type]
	}
	if !known {
		log.Fatalf("%s: no Go type for %q; add one to internal/generate", field.Name, field.Type)
	}
	name, tag := goName(field.Name), field.Name+",omitempty"
	if field.Required {
		tag = field.Name
	}
	description, own := fieldDocs[field.Name]
	if !own {
		description = lowerFirst(plain(field.Description))
	}
	doc := name + ": " + description + " " + fieldNotes[field.Name]
	return comment(doc, "\t") + fmt.Sprintf("\t%s %s `json:%q`\n", name, kind, tag)
}
