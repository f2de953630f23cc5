//go:build !windows && !literllm_poll

package literllm

/*
#include "liter_llm.h"

// A descriptor travels as a number: Go must not see it as a pointer.
static LlmError literllm_client_new(const char *options, int fd, LlmClient **client_out) {
  return llm_client_new(options, llm_wake_fd, (void *)(intptr_t)fd, client_out);
}
*/
import "C"

import (
	"encoding/binary"
	"os"
)

// waker is a descriptor that the library writes to when events have come: an eventfd or a pipe (see
// platform_*.go). A goroutine that waits for it is parked by Go's network poller and takes no
// thread.
type waker struct {
	reading, writing *os.File // the same one of an eventfd
	descriptor       int      // of writing
	count            [8]byte
}

// connect makes a client that writes to the descriptor.
func (w *waker) connect(options *C.char) (client *C.LlmClient, number C.LlmError) {
	number = C.literllm_client_new(options, C.int(w.descriptor), &client)
	return client, number
}

// wait returns once it was woken, with how long a poll may wait then: 0, or -1 (until there is
// something) where Go's network poller cannot watch the descriptor.
func (w *waker) wait() (timeoutMS int64) {
	if _, err := w.reading.Read(w.count[:]); err != nil {
		return -1
	}
	return 0
}

// wake wakes the goroutine that waits, as the library does.
func (w *waker) wake() {
	// It fails only when nobody waits any more.
	_, _ = w.writing.Write(binary.NativeEndian.AppendUint64(nil, 1))
}

func (w *waker) close() {
	w.reading.Close()
	if w.writing != w.reading {
		w.writing.Close()
	}
}

func errNoDescriptor(err error) *Error {
	return newError(ErrConfig, "the client needs a file descriptor: "+err.Error()+
		"; close some, or raise the limit")
}
