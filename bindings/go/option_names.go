//go:build cgo

package literllm

// #include "liter_llm.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// How options are named: errors speak of what the caller wrote, which is the function of an option,
// or its name with With.

// optionSet is what options set.
type optionSet struct {
	fields map[string]any
	// The functions that set them, where the caller called one.
	written map[string]string
}

func (s *optionSet) put(name string, value any, function string) {
	if name == interceptOption {
		// There may be several, of which none replaces another.
		before, _ := s.fields[name].([]any)
		value = append(slices.Clip(before), value)
	}
	s.fields[name] = value
	delete(s.written, name)
	if function != "" {
		s.written[name] = function
	}
}

// checkOfCall refuses what no call can have.
func (s *optionSet) checkOfCall() *Error {
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		_, known := optionTypes[name]
		switch {
		case clientOnly[name] || slices.Contains(ownOfClient, name):
			return newError(ErrConfig, fmt.Sprintf(
				"%s is an option of the client, not of a call; give it to New", s.wrote(name)))
		case !known && name != collectOption:
			return newError(ErrConfig, unknownOption(name)+" (a field for the provider belongs in Extra)")
		}
	}
	return nil
}

// wrote is what the caller wrote for an option.
func (s *optionSet) wrote(name string) string {
	if function, called := s.written[name]; called {
		return function
	}
	return fmt.Sprintf("%q", name)
}

// Names of one word are words of the messages too, so they are replaced in these places only.
var (
	optionWord  = regexp.MustCompile(`^option ([a-z0-9_]+)`)
	leadingWord = regexp.MustCompile(`^([a-z0-9]+)([:.\[])`)
	snakeWord   = regexp.MustCompile(`"?\b[a-z0-9]+(_[a-z0-9]+)+\b"?`)
)

// inGo replaces the names of options by the functions that the caller called.
func (s *optionSet) inGo(failed *Error) *Error {
	if s == nil || failed == nil || len(s.written) == 0 || !s.speaksOf(failed.Message) {
		return failed
	}
	said := optionWord.ReplaceAllStringFunc(failed.Message, func(text string) string {
		name := strings.TrimPrefix(text, "option ")
		if function, called := s.written[name]; called {
			return function
		}
		return text
	})
	said = leadingWord.ReplaceAllStringFunc(said, func(text string) string {
		function, called := s.written[text[:len(text)-1]]
		switch {
		case !called:
			return text
		case strings.HasSuffix(text, "."):
			return function + ": "
		default:
			return function + text[len(text)-1:]
		}
	})
	failed.Message = s.functionsOf(said)
	return failed
}

// functionsOf replaces names of several words, but not the fields of something else, such as
// requests[0].api_key.
func (s *optionSet) functionsOf(message string) string {
	text, taken := "", 0
	for _, place := range snakeWord.FindAllStringIndex(message, -1) {
		if place[0] > 0 && message[place[0]-1] == '.' {
			continue
		}
		text += message[taken:place[0]] + s.function(message[place[0]:place[1]])
		taken = place[1]
	}
	return text + message[taken:]
}

// inGo does so for an error of a call that sent nothing: what a provider says is left alone.
func (s *Stream) inGo(failed *Error) *Error {
	if failed == nil || s.request == nil || failed.Attempts > 0 || failed.Status != 0 {
		return failed
	}
	var options []Option
	var extra map[string]any
	switch request := s.request.asked().(type) {
	case *Request:
		options, extra = request.Options, request.Extra
	case *EmbedRequest:
		options, extra = request.Options, request.Extra
	case *RerankRequest:
		options, extra = request.Options, request.Extra
	case *ModelsRequest:
		options, extra = request.Options, request.Extra
	case *BatchRequest:
		options, extra = request.Options, request.Extra
	}
	// They were applied before.
	set, _ := applyOptions(options)
	for name, value := range extra {
		set.put(name, value, "")
	}
	return set.inGo(failed)
}

// speaksOf says whether a message names an option that was set by its function.
func (s *optionSet) speaksOf(message string) bool {
	for name := range s.written {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(message) {
			return true
		}
	}
	return false
}

// function is that of an option, unless the caller wrote its name.
func (s *optionSet) function(word string) string {
	name := strings.Trim(word, `"`)
	if function, called := s.written[name]; called {
		return function
	}
	function, known := optionFunctions[name]
	if _, named := s.fields[name]; named || !known {
		return word
	}
	return function
}

// unknownOption says that there is no such option, and which one may have been meant. The library
// knows how to compare names, so it is asked for a client that has the option.
func unknownOption(name string) string {
	options, _ := json.Marshal(map[string]any{name: true})
	text := cString(options)
	defer C.free(unsafe.Pointer(text))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var client *C.LlmClient
	number := C.llm_client_new(text, nil, nil, &client)
	if number == C.LLM_ERROR_OK {
		C.llm_client_free(client)
		return fmt.Sprintf("option %q is unknown", name)
	}
	message := lastError(number).Message
	if said := fmt.Sprintf("option %q is unknown", name); !strings.HasPrefix(message, said) {
		return said
	}
	return message
}
