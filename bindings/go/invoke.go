package literllm

/*
#include "liter_llm.h"
LlmError literllm_invoke(const char *provider, const char *request, uintptr_t ctx);
*/
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// call is one Invoke: the callback, and what it panicked with.
type call struct {
	token    func(string)
	panicked any
}

// Invoke sends one request and calls back for every piece of text, on this goroutine, until the
// answer is whole. It blocks, and nothing cancels it. requestJSON is the request as JSON; a panic
// of the callback becomes an error at the end. The error is an *Error.
func Invoke(provider, requestJSON string, token func(token string)) error {
	if failed := checkABI(); failed != nil {
		return failed
	}
	asked := &call{token: token}
	handle := cgo.NewHandle(asked)
	defer handle.Delete()
	name, request := C.CString(provider), C.CString(requestJSON)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(request))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	number := C.literllm_invoke(name, request, C.uintptr_t(handle))
	if asked.panicked != nil {
		return failure(ErrInternal, fmt.Sprintf("the callback panicked: %v", asked.panicked))
	}
	if number != C.LLM_ERROR_OK {
		return lastError(number)
	}
	return nil
}

//export literllmToken
func literllmToken(token *C.char, length C.size_t, ctx C.uintptr_t) {
	asked := cgo.Handle(ctx).Value().(*call)
	if asked.panicked != nil {
		return
	}
	defer func() { asked.panicked = recover() }()
	asked.token(C.GoStringN(token, C.int(length)))
}
