// A program against the bare header, without this package:
// CGO_CFLAGS="-I include" CGO_LDFLAGS="-L. -lliter_llm" go run ./samples/bare_header
package main

/*
#include "liter_llm.h"
extern void tokenHandler(char *, size_t, void *);
*/
import "C"

import (
	"fmt"
	"log"
	"unsafe"
)

//export tokenHandler
func tokenHandler(token *C.char, length C.size_t, _ unsafe.Pointer) {
	fmt.Print(C.GoStringN(token, C.int(length)))
}

func main() {
	provider := C.CString("openai")
	request := C.CString(`{"model": "gpt-4o-mini",
		"messages": [{"role": "user", "content": "Explain Rust ownership"}]}`)
	defer C.free(unsafe.Pointer(provider))
	defer C.free(unsafe.Pointer(request))
	cb := C.llm_callback(C.llm_token_callback(C.tokenHandler))
	if failed := C.llm_invoke(provider, request, cb, nil); failed != C.LLM_ERROR_OK {
		log.Fatal(C.GoString(C.llm_last_error()))
	}
	fmt.Println()
}
