package main

// The structs of requests, with a field for each that the core knows.

import (
	"fmt"
	"log"
	"slices"
)

// The Go types of fields that say more than the schema does.
var fieldTypes = map[string]string{
	"messages": "[]Message", "tools": "[]Tool", "max_tokens": "int", "seed": "*int64",
	"dimensions": "int", "normalize": "bool", "inputs_per_request": "int", "top_n": "int",
	"max_tokens_per_doc": "int",
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
	"input": "It may have any length: it is split into as many HTTP requests as the provider needs, " +
		"of which some run at once.",
	"provider": "It takes precedence over the client's and over the prefix of Model.",
	"headers":  "Those in Options take precedence.",
}

// Descriptions of what is another thing in Go.
var fieldDocs = map[string]string{
	"api_key":   "the key for this call; [WithAPIKeyFunc] in Options takes a function.",
	"provider":  "the provider to ask.",
	"seed":      "seed of sampling, a signed 64-bit integer.",
	"documents": "a slice whose entries are strings, or objects.",
	"input": "what to embed: a string, or a slice whose entries are strings, lists of token ids, or " +
		"lists of content parts, such as []ContentPart.",
	"stop":        "texts at which the response stops.",
	"stream":      "whether the response is streamed.",
	"tool_choice": "which tool the model calls.",
}

// Options of a call that have a field too.
var optionFields = []string{"provider", "api_key", "base_url", "headers"}

// The fields that are this package's own.
var (
	collectField = ownField("Collect *bool",
		"Collect is [WithCollect] for this call; nil uses the client's.")
	ownFields = ownField("Options []Option", "Options are the options of this call, such as "+
		"WithIdleTimeout. They take precedence over the client's and over the fields above.") +
		ownField("Extra map[string]any", "Extra holds any other fields, by their JSON names. Fields "+
			"that the library does not know are sent to the provider unchanged. Extra takes "+
			"precedence over Options.")
)

func ownField(declared, doc string) string {
	return comment(doc, "\t") + "\t" + declared + " `json:\"-\"`\n"
}

// requests are the structs of a chat and of operations that have fields of their own.
func requests(read *schema) string {
	common := ""
	for _, option := range read.CallOptions {
		if slices.Contains(optionFields, option.Name) {
			common += requestField(option)
		}
	}
	const asks = "RerankRequest asks how well documents answer a query. " +
		"What is not set is not sent."
	text := head + "//go:build cgo\n\npackage literllm\n\n" +
		comment("Request is one request, in the shape of OpenAI's chat completions. What is not set "+
			"is not sent. Printed, it shows no key.", "") +
		"type Request struct {\n" + fieldsOf(read.RequestFields) + common + collectField +
		ownFields + "}\n\n"
	for _, operation := range read.Operations {
		doc, ours := map[string]string{
			"embed":  "EmbedRequest is a request for embeddings. What is not set is not sent.",
			"rerank": asks,
		}[operation.Name]
		if ours {
			text += comment(doc, "") + "type " + goName(operation.Name) + "Request struct {\n" +
				fieldsOf(operation.Fields) + common + ownFields + "}\n\n"
		}
	}
	return text
}

func fieldsOf(fields []option) (text string) {
	for _, field := range fields {
		text += requestField(field)
	}
	return text
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
