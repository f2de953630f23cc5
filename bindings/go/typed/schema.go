// Package typed has responses and tool arguments as Go types: [CompleteAs] returns a T that the
// model wrote as JSON, [StreamAs] what there is of it so far, and [NewTool] makes a tool of a
// function.
//
// A field has the name of its json tag, the description of its jsonschema tag, and the values of
// its enum tag, separated by commas:
//
//	type Weather struct {
//		City string   `json:"city" jsonschema:"the city's name in English"`
//		Sky  string   `json:"sky" enum:"clear,cloudy,rain"`
//		Gust *float64 `json:"gust" jsonschema:"in m/s, null where it is calm"`
//	}
//
// The schema is strict: no other fields, and all are required; a pointer, and a field with
// omitempty, may be null. It is a module of its own, since it brings a package for JSON schemas.
package typed

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// valueField is where a T stands that is no object: providers want one around it.
const valueField = "value"

// shape is how a type is written as JSON.
type shape struct {
	schema   *jsonschema.Schema
	resolved *jsonschema.Resolved
	// A T that is no object stands in a field of one.
	wrapped bool
	// Whether providers can hold the model to it: not where it has maps, or values of any type.
	strict bool
}

// Schema returns the strict JSON schema of T, for a request that is made by hand.
func Schema[T any]() (*jsonschema.Schema, error) {
	shape, err := shapeOf(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return shape.schema, nil
}

func shapeOf(of reflect.Type) (*shape, error) {
	schemas, err := schemasFor(of)
	if err != nil {
		return nil, err
	}
	schema, err := jsonschema.ForType(of, &jsonschema.ForOptions{TypeSchemas: schemas})
	if err != nil {
		return nil, fmt.Errorf("typed: %v has no JSON schema: %w", of, err)
	}
	made := &shape{schema: schema, strict: true}
	made.tighten(schema, of)
	if schema.Type == "object" && of.Kind() == reflect.Struct && schema.Properties == nil {
		schema.Properties = map[string]*jsonschema.Schema{} // a struct without fields
	}
	if schema.Type != "object" || schema.Properties == nil {
		made.wrapped = true
		made.schema = &jsonschema.Schema{
			Type: "object", Properties: map[string]*jsonschema.Schema{valueField: schema},
			Required:             []string{valueField},
			AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
		}
	}
	if made.resolved, err = made.schema.Resolve(nil); err != nil {
		return nil, fmt.Errorf("typed: the schema of %v: %w", of, err)
	}
	return made, nil
}

// tighten makes a schema what strict modes take.
func (s *shape) tighten(schema *jsonschema.Schema, of reflect.Type) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	// Limits that only say how wide a Go type is: decoding checks them, and some providers refuse
	// them in a schema.
	schema.Minimum, schema.Maximum, schema.MinItems, schema.MaxItems = nil, nil, nil, nil
	if of == reflect.TypeFor[json.RawMessage]() {
		s.strict = false
		return
	}
	switch of.Kind() {
	case reflect.Slice, reflect.Array:
		if schema.Items == nil {
			return
		}
		// An empty list says as much as null.
		schema.Type, schema.Types = "array", nil
		s.tighten(schema.Items, of.Elem())
	case reflect.Map, reflect.Interface:
		s.strict = false
	case reflect.Struct:
		if schema.Properties != nil {
			s.tightenFields(schema, of)
		}
	}
}

func (s *shape) tightenFields(schema *jsonschema.Schema, of reflect.Type) {
	optional := func(name string) bool { return !slices.Contains(schema.Required, name) }
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		property := schema.Properties[name]
		if property == nil || field.Anonymous || !field.IsExported() {
			continue
		}
		s.tighten(property, field.Type)
		if optional(name) {
			nullable(property)
		}
		if values := field.Tag.Get("enum"); values != "" {
			limit(property, strings.Split(values, ","))
		}
	}
	schema.Required = slices.Clone(schema.PropertyOrder)
}

// limit lets a field have these values only; of a list, its entries.
func limit(schema *jsonschema.Schema, values []string) {
	if schema.Items != nil {
		schema = schema.Items
	}
	isText := schema.Type == "string" || slices.Contains(schema.Types, "string")
	for _, text := range values {
		var value any = text
		// Numbers are written as they are; what is none stays text, which no number equals.
		if !isText && json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		schema.Enum = append(schema.Enum, value)
	}
	if slices.Contains(schema.Types, "null") {
		schema.Enum = append(schema.Enum, nil)
	}
}

func nullable(schema *jsonschema.Schema) {
	if schema.Type != "" {
		schema.Types, schema.Type = []string{"null", schema.Type}, ""
	}
}

// decode reads a value that was checked against the schema.
func (s *shape) decode(text string, into any) error {
	var instance any
	if err := json.Unmarshal([]byte(text), &instance); err != nil {
		return fmt.Errorf("it is no JSON: %w", err)
	}
	if err := s.resolved.Validate(instance); err != nil {
		return fmt.Errorf("it does not keep to the schema: %w", err)
	}
	return s.decodeUnchecked(text, into)
}

func (s *shape) decodeUnchecked(text string, into any) error {
	if !s.wrapped {
		return json.Unmarshal([]byte(text), into)
	}
	var around struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal([]byte(text), &around); err != nil || around.Value == nil {
		return err
	}
	return json.Unmarshal(around.Value, into)
}
