//go:build !literllm_shared

package literllm

// The archive and the header are put into lib by `make go`; a program needs nothing at run time
// but libc.

// #cgo CFLAGS: -I${SRCDIR}/lib
// #cgo LDFLAGS: ${SRCDIR}/lib/libliter_llm.a -lpthread -ldl -lm
import "C"
