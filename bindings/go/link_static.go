//go:build !literllm_shared

package literllm

// A program needs nothing at run time but libc.

// #cgo CFLAGS: -I${SRCDIR}/lib
// #cgo LDFLAGS: ${SRCDIR}/lib/libliter_llm.a
// #cgo linux LDFLAGS: -lpthread -ldl -lm
// #cgo darwin LDFLAGS: -framework Security -framework CoreFoundation
// #cgo windows LDFLAGS: -lws2_32 -lbcrypt -lcrypt32 -lsecur32 -lncrypt -luserenv -lntdll -ladvapi32
import "C"

// Where the archive and the header are.
import _ "github.com/liter-llm/liter-llm/bindings/go/lib"
