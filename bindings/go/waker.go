package literllm

// #include <sys/eventfd.h>
import "C"

import (
	"encoding/binary"
	"os"
)

// waker is a descriptor that the library writes to when events have come. A goroutine that waits
// for it is parked by Go's network poller and takes no thread.
type waker struct {
	file       *os.File
	descriptor int
	count      [8]byte
}

func newWaker() (*waker, *Error) {
	descriptor, err := C.eventfd(0, C.EFD_CLOEXEC|C.EFD_NONBLOCK)
	if descriptor < 0 {
		return nil, newError(ErrConfig, "the client needs a file descriptor: "+err.Error()+
			"; close some, or raise the limit")
	}
	file := os.NewFile(uintptr(descriptor), "literllm waker")
	return &waker{file: file, descriptor: int(descriptor)}, nil
}

// wait returns once it was woken, with how long a poll may wait then: 0, or -1 (until there is
// something) where Go's network poller cannot watch the descriptor.
func (w *waker) wait() (timeoutMS int64) {
	if _, err := w.file.Read(w.count[:]); err != nil {
		return -1
	}
	return 0
}

// wake wakes the goroutine that waits, as the library does.
func (w *waker) wake() {
	// It fails only when nobody waits any more.
	_, _ = w.file.Write(binary.NativeEndian.AppendUint64(nil, 1))
}

func (w *waker) close() { w.file.Close() }
