package typed

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// Types whose JSON the package of schemas knows, or that are anything.
var knownTypes = map[reflect.Type]*jsonschema.Schema{
	reflect.TypeFor[time.Time]():       nil,
	reflect.TypeFor[slog.Level]():      nil,
	reflect.TypeFor[big.Int]():         nil,
	reflect.TypeFor[big.Rat]():         nil,
	reflect.TypeFor[big.Float]():       nil,
	reflect.TypeFor[json.Number]():     {Type: "number"},
	reflect.TypeFor[json.RawMessage](): {},
}

// ownJSON finds the types whose JSON is another than their Go type says: the schemas of those that
// are texts or numbers, and an error for those that nothing is known of.
type ownJSON struct {
	schemas map[reflect.Type]*jsonschema.Schema
	seen    map[reflect.Type]bool
}

// schemasFor returns the schemas of such types in a type.
func schemasFor(of reflect.Type) (map[reflect.Type]*jsonschema.Schema, error) {
	found := ownJSON{schemas: map[reflect.Type]*jsonschema.Schema{}, seen: map[reflect.Type]bool{}}
	return found.schemas, found.look(of, of.String())
}

func (o *ownJSON) look(of reflect.Type, place string) error {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if o.seen[of] {
		return nil
	}
	o.seen[of] = true
	if schema, known := knownTypes[of]; known {
		if schema != nil {
			o.schemas[of] = schema
		}
		return nil
	}
	pointer := reflect.PointerTo(of)
	switch {
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return fmt.Errorf("typed: %s: %v reads its own JSON, which has no schema; "+
			"use a type of the form that the model is to write", place, of)
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		o.schemas[of] = &jsonschema.Schema{Type: "string"}
		return nil
	}
	switch of.Kind() {
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return fmt.Errorf("typed: %s: bytes are base64 in JSON; use a string", place)
		}
		return o.look(of.Elem(), place+"[]")
	case reflect.Array, reflect.Map:
		return o.look(of.Elem(), place+"[]")
	case reflect.Struct:
		return o.lookAtFields(of, place)
	}
	return nil
}

func (o *ownJSON) lookAtFields(of reflect.Type, place string) error {
	for index := range of.NumField() {
		field := of.Field(index)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || (!field.IsExported() && !field.Anonymous) {
			continue
		}
		inside := place + "." + field.Name
		switch {
		case field.Anonymous && name != "":
			return fmt.Errorf("typed: %s: an embedded struct with a name is a field of its own in "+
				"JSON; give the field a name", inside)
		case slices.Contains(strings.Split(options, ","), "string"):
			return fmt.Errorf("typed: %s: the option string makes a text of it; use a string", inside)
		}
		if err := o.look(field.Type, inside); err != nil {
			return err
		}
	}
	return nil
}
