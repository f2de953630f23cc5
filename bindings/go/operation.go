//go:build cgo

package literllm

import (
	"fmt"
	"reflect"
)

// What the operations beside chat have in common.

// result is what an operation found, as JSON.
type result string

func (result) isEvent() {}

// run sends the request of an operation, waits for the end, and returns the result, if there is
// one.
func (s *Stream) run() (found result, err error) {
	if err := s.begin(whole); err != nil {
		return "", err
	}
	defer s.drop()
	// Nobody but this reads what comes.
	s.collector.collect = true
	err = s.each(func(i *item) bool {
		if event, ok := i.event.(result); ok {
			found = event
		}
		return true
	})
	return found, err
}

// find is run for an operation that has a result, which is parsed.
func (s *Stream) find(into any) error {
	found, err := s.run()
	if err != nil {
		return err
	}
	if err := parseJSON(string(found), into); err != nil {
		return newError(ErrInternal, "the result of a call could not be parsed: "+err.Error())
	}
	return nil
}

// listOf returns a list of texts, or of other values, as the library takes it. encoding/json would
// write bytes as base64, and a nil slice as null.
func listOf(name string, list any) (any, *Error) {
	if _, ok := list.([]byte); ok {
		return nil, isBytes(name)
	}
	value := reflect.ValueOf(list)
	if list == nil || writesItself(list) || value.Kind() != reflect.Slice {
		return list, nil
	}
	element := value.Type().Elem()
	if element.Kind() == reflect.Interface || element == reflect.TypeFor[[]byte]() {
		for index := range value.Len() {
			if _, ok := value.Index(index).Interface().([]byte); ok {
				return nil, isBytes(fmt.Sprintf("%s[%d]", name, index))
			}
		}
	}
	if value.IsNil() {
		return []any{}, nil
	}
	return list, nil
}

func isBytes(name string) *Error {
	return invalidRequest(name + ": expected text, got []byte; convert it with string()")
}
