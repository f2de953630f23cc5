package literllm

// #include "liter_llm.h"
import "C"

import "fmt"

// libraryABI is the linked library's ABI version; a test puts another function in its place.
var libraryABI = func() uint32 { return uint32(C.llm_abi_version()) }

// checkABI refuses a library that is older than the header this package was built with, since it
// lacks functions. A newer one has all of them: the number grows with every addition.
func checkABI() *Error {
	const needed = uint32(C.LLM_ABI_VERSION)
	library := libraryABI()
	if library >= needed {
		return nil
	}
	return newError(ErrConfig, fmt.Sprintf("the native library has ABI version %d, and this package "+
		"was built for %d; install a library that is as new as the package", library, needed))
}
