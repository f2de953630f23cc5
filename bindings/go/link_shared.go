//go:build literllm_shared

package literllm

// The library that `make install` put in place.

// #cgo pkg-config: liter_llm
import "C"
