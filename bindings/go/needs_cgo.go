//go:build !cgo

package literllm

// All other files need C, so this name, which nobody declares, is all that the compiler says.
var _ = literllm_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler
