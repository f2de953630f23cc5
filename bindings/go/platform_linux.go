//go:build !literllm_pipe && !literllm_poll

package literllm

// #include <sys/eventfd.h>
import "C"

import "os"

func newWaker() (*waker, *Error) {
	descriptor, err := C.eventfd(0, C.EFD_CLOEXEC|C.EFD_NONBLOCK)
	if descriptor < 0 {
		return nil, errNoDescriptor(err)
	}
	file := os.NewFile(uintptr(descriptor), "literllm waker")
	return &waker{reading: file, writing: file, descriptor: int(descriptor)}, nil
}
