package literllm

// #include <sys/eventfd.h>
import "C"

import (
	"encoding/binary"
	"os"
)

// waker is a descriptor that the library writes to when something has come. Who waits for it is
// parked by Go's runtime, which watches all descriptors of the process together, and takes no
// thread.
type waker struct {
	file       *os.File
	descriptor int
	count      [8]byte
}

func newWaker() (*waker, *Error) {
	descriptor, err := C.eventfd(0, C.EFD_CLOEXEC|C.EFD_NONBLOCK)
	if descriptor < 0 {
		return nil, failure(ErrConfig, "the client needs a descriptor: "+err.Error()+
			"; close some, or raise the limit")
	}
	file := os.NewFile(uintptr(descriptor), "literllm wake")
	return &waker{file: file, descriptor: int(descriptor)}, nil
}

// wait returns once something has come, and says how long a poll may wait then: not at all, or for
// as long as it takes where Go's runtime cannot watch the descriptor.
func (wake *waker) wait() (timeoutMS int64) {
	if _, err := wake.file.Read(wake.count[:]); err != nil {
		return -1
	}
	return 0
}

// ring wakes who waits, as the library does.
func (wake *waker) ring() {
	// It fails where nobody waits any more.
	_, _ = wake.file.Write(binary.NativeEndian.AppendUint64(nil, 1))
}

func (wake *waker) close() { wake.file.Close() }
