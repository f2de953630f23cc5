// A shared library that Go makes (-buildmode=c-shared), for programs that load it late.
package main

import "C"

import (
	"strings"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// Ask returns the response to one request, or the error.
//
//export Ask
func Ask() *C.char {
	var text strings.Builder
	request := `{"model": "m", "messages": [{"role": "user", "content": "hi"}]}`
	err := literllm.Invoke("openai", request, func(token string) { text.WriteString(token) })
	if err != nil {
		return C.CString(err.Error())
	}
	return C.CString(text.String())
}

func main() {}
