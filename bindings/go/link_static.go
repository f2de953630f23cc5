//go:build !literllm_shared

package literllm

// A program needs nothing at run time but libc.

// #cgo CFLAGS: -I${SRCDIR}/lib
// #cgo LDFLAGS: ${SRCDIR}/lib/libliter_llm.a -lpthread -ldl -lm
import "C"

// Where the archive and the header are.
import _ "github.com/liter-llm/liter-llm/bindings/go/lib"
