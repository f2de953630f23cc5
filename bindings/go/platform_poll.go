//go:build windows || literllm_poll

package literllm

// #include "liter_llm.h"
import "C"

// waker has nothing to watch: Go's network poller knows no events of Windows. The goroutine of a
// client blocks in the library, and takes a thread. The tag literllm_poll is for tests on Linux.
type waker struct{}

func newWaker() (*waker, *Error) { return &waker{}, nil }

// connect makes a client that wakes only who polls it.
func (*waker) connect(options *C.char) (client *C.LlmClient, number C.LlmError) {
	number = C.llm_client_new(options, nil, nil, &client)
	return client, number
}

// wait returns at once: the poll waits until there is something, or the client is closed and has
// delivered everything.
func (*waker) wait() (timeoutMS int64) { return -1 }

// wake is not needed, as closing the client ends the poll.
func (*waker) wake() {}

func (*waker) close() {}
