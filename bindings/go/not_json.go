//go:build cgo

package literllm

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// notJSON says in which part of a value encoding/json failed, and why, such as
// "tool_choice.names[0]: expected a JSON value, got chan int".
func notJSON(value any, err error) string {
	path, err := findNotJSON(reflect.ValueOf(value), "", err, map[any]bool{})
	return strings.TrimPrefix(path, ".") + ": " + notJSONReason(err)
}

// findNotJSON returns the path of the deepest part that fails, and the error of that part. above
// holds what the value is a part of, since a value may contain itself.
func findNotJSON(
	value reflect.Value, path string, err error, above map[any]bool,
) (string, error) {
	switch value.Kind() {
	case reflect.Map, reflect.Pointer, reflect.Slice:
		place := [2]any{value.Kind(), value.Pointer()}
		if above[place] {
			return path, err
		}
		above[place] = true
	}
	for _, part := range partsOf(value) {
		if !part.value.CanInterface() {
			continue
		}
		if _, err := json.Marshal(part.value.Interface()); err != nil {
			return findNotJSON(part.value, path+part.name, err, above)
		}
	}
	return path, err
}

// A part of a value, with what its path has more: ".name" or "[0]".
type part struct {
	name  string
	value reflect.Value
}

// partsOf returns what encoding/json writes one after another.
func partsOf(value reflect.Value) []part {
	switch {
	case !value.IsValid():
		return nil
	case value.Kind() == reflect.Interface || value.Kind() == reflect.Pointer:
		return []part{{"", value.Elem()}}
	case value.CanInterface():
		if written, ok := value.Interface().(extended); ok {
			own, extra := written.parts()
			return append(partsOf(reflect.ValueOf(own)), partsOf(reflect.ValueOf(extra))...)
		}
		if writesItself(value.Interface()) {
			return nil
		}
	}
	switch value.Kind() {
	case reflect.Map:
		return partsOfMap(value)
	case reflect.Slice, reflect.Array:
		parts := make([]part, value.Len())
		for index := range parts {
			parts[index] = part{fmt.Sprintf("[%d]", index), value.Index(index)}
		}
		return parts
	case reflect.Struct:
		return partsOfStruct(value)
	default:
		return nil
	}
}

func writesItself(value any) bool {
	_, ok := value.(json.Marshaler)
	return ok
}

func partsOfMap(value reflect.Value) []part {
	var parts []part
	for _, key := range value.MapKeys() {
		parts = append(parts, part{fmt.Sprintf(".%v", key), value.MapIndex(key)})
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts
}

func partsOfStruct(value reflect.Value) []part {
	var parts []part
	for index := range value.NumField() {
		field := value.Type().Field(index)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && field.Anonymous:
			parts = append(parts, part{"", value.Field(index)})
		case name == "":
			parts = append(parts, part{"." + field.Name, value.Field(index)})
		default:
			parts = append(parts, part{"." + name, value.Field(index)})
		}
	}
	return parts
}

func notJSONReason(err error) string {
	var wrongType *json.UnsupportedTypeError
	var wrongValue *json.UnsupportedValueError
	var wrote *json.MarshalerError
	switch {
	case errors.As(err, &wrote):
		return "expected a JSON value: " + wrote.Err.Error()
	case errors.As(err, &wrongType):
		return fmt.Sprintf("expected a JSON value, got %v", wrongType.Type)
	case errors.As(err, &wrongValue) && wrongValue.Value.CanFloat():
		return "expected a finite number, got " + wrongValue.Str
	case errors.As(err, &wrongValue):
		return "expected a JSON value, got one that contains itself"
	default:
		return "expected a JSON value: " + strings.TrimPrefix(err.Error(), "json: ")
	}
}
