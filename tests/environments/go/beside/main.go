// The package and another archive of Rust in one program.
package main

// #cgo LDFLAGS: ${SRCDIR}/libother.a -lpthread -ldl -lm
// int other_count(int panics);
import "C"

import (
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	fmt.Print(C.other_count(0), " ", C.other_count(1), " ")
	request := `{"model": "m", "messages": [{"role": "user", "content": "hi"}]}`
	err := literllm.Invoke("openai", request, func(token string) { fmt.Print(token) })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("", C.other_count(1))
}
