// Package literllm talks to any LLM provider through one native library: one request, one stream
// of events and one list of errors for OpenAI, Anthropic, Cohere and every service that speaks
// OpenAI's protocol.
//
//	client, err := literllm.New(literllm.WithProvider("openai"))
//	...
//	defer client.Close()
//	for token, err := range client.Invoke(ctx, request).Tokens() { ... }
//
// A client may be used from any goroutine; one goroutine of its own waits for a descriptor, takes
// what has come and hands it on. An idle client so costs no thread. Options, request fields and
// errors are those of docs/guide.md in the repository.
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
	"context"
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Client keeps connections and runs any number of streams at once. Close it when done. Pass it as
// a pointer: what a copy shares is closed when the original is collected.
type Client struct {
	*client
	_ noCopy
}

// noCopy has go vet report who copies a struct that holds it.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// client is what the polling goroutine holds; a Client that is forgotten can so be collected.
type client struct {
	native *C.LlmClient
	settings
	wake *waker
	// Guards native against its end: calls hold it shared, free alone.
	mutex   sync.RWMutex
	closed  bool
	drained chan struct{}
	// Streams that were started and whose END was not polled.
	live atomic.Int64
	// No stream starts any more.
	closing atomic.Bool
}

// New makes a client. It opens no connection; the library's threads start with the first one.
// A wrong option is an *Error of kind ErrConfig.
func New(options ...Option) (*Client, error) {
	// An interface that holds a nil pointer is not nil.
	client, failed := newClient(options)
	if failed != nil {
		return nil, failed
	}
	return client, nil
}

func newClient(options []Option) (*Client, *Error) {
	if failed := checkABI(); failed != nil {
		return nil, failed
	}
	text, read, failed := readOptions(options)
	if failed != nil {
		return nil, failed
	}
	made := &client{settings: read, drained: make(chan struct{})}
	if failed := made.open(text); failed != nil {
		return nil, failed
	}
	go made.poll()
	outer := &Client{client: made}
	runtime.SetFinalizer(outer, func(outer *Client) { outer.end() })
	return outer, nil
}

func (client *client) open(options []byte) *Error {
	wake, failed := newWaker()
	if failed != nil {
		return failed
	}
	client.wake = wake
	// What failed is asked of the same thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	text := cString(options)
	defer C.free(unsafe.Pointer(text))
	number := C.literllm_client_new(text, C.int(wake.descriptor), &client.native)
	if number != C.LLM_ERROR_OK {
		wake.close()
		return lastError(number)
	}
	return nil
}

// Close ends every live stream with ErrClosed and waits until the library has let go of them.
func (outer *Client) Close() error {
	runtime.SetFinalizer(outer, nil)
	outer.end()
	<-outer.drained
	return nil
}

// Version is the version of the native library.
func Version() string { return C.GoString(C.llm_version()) }

// end takes no more streams; the poller frees the client once the last END was handed on.
func (client *client) end() {
	client.mutex.RLock()
	defer client.mutex.RUnlock()
	if !client.closed {
		C.llm_client_close(client.native)
		client.closing.Store(true)
		client.wake.ring()
	}
}

// poll runs until the client is closed and drained.
func (client *client) poll() {
	for !client.isDrained() {
		client.take(client.wake.wait())
	}
	// The lines of the log that came last.
	client.take(0)
	client.mutex.Lock()
	client.closed = true
	C.llm_client_free(client.native)
	client.mutex.Unlock()
	// The library rings no more, so the number may be another's.
	client.wake.close()
	close(client.drained)
}

func (client *client) isDrained() bool {
	return client.closing.Load() && client.live.Load() == 0
}

// take hands on what has come.
func (client *client) take(timeoutMS int64) {
	var events *C.LlmEvent
	count := C.llm_client_poll(client.native, C.int64_t(timeoutMS), &events)
	polled := unsafe.Slice(events, int(count))
	for index := range polled {
		client.deliver(&polled[index])
	}
}

// deliver hands one event to its stream. The bytes live until the next poll, so they are copied.
func (client *client) deliver(event *C.LlmEvent) {
	if event.stream == 0 {
		if event.kind == C.LLM_EVENT_LOG && client.log != nil {
			client.log.add(C.GoStringN(event.data, C.int(event.length)))
		}
		return
	}
	handle := cgo.Handle(event.stream)
	stream := handle.Value().(*Stream)
	data := C.GoStringN(event.data, C.int(event.length))
	switch event.kind {
	case C.LLM_EVENT_TEXT, C.LLM_EVENT_REASONING:
		ends := unsafe.Slice((*uint32)(event.ends), int(event.count))
		stream.feedRun(event.kind == C.LLM_EVENT_TEXT, data, ends)
	case C.LLM_EVENT_END:
		handle.Delete()
		stream.feedEnd(data)
		client.live.Add(-1)
	default:
		if !stream.feedEvent(uint32(event.kind), data) {
			client.cancel(event.stream)
		}
	}
}

// start hands a request to the library. The stream's handle is its number there.
func (client *client) start(stream *Stream, provider string, request []byte) (C.uint64_t, *Error) {
	client.mutex.RLock()
	defer client.mutex.RUnlock()
	if client.closed {
		return 0, failure(ErrClosed, "the client is closed; make a new one")
	}
	handle := cgo.NewHandle(stream)
	number := C.uint64_t(handle)
	name, text := C.CString(provider), cString(request)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	client.live.Add(1)
	if refused := C.llm_client_start(client.native, number, name, text); refused != C.LLM_ERROR_OK {
		handle.Delete()
		client.live.Add(-1)
		// It may have been the last that the client's end waited for.
		client.wake.ring()
		return 0, lastError(refused)
	}
	return number, nil
}

func (client *client) cancel(number C.uint64_t) {
	client.mutex.RLock()
	defer client.mutex.RUnlock()
	if !client.closed {
		C.llm_client_cancel(client.native, number)
	}
}

func (client *client) consumed(number C.uint64_t, bytes int) {
	client.mutex.RLock()
	defer client.mutex.RUnlock()
	if !client.closed {
		C.llm_client_consumed(client.native, number, C.size_t(bytes))
	}
}

// Invoke makes a stream of one request. Nothing is sent before it is read. The context ends it:
// its cancellation and its deadline reach the library, which closes the connection.
func (outer *Client) Invoke(ctx context.Context, request Request) *Stream {
	return &Stream{client: outer.client, keep: outer, ctx: ctx, request: &request}
}

// Complete asks for a whole answer, without streaming it, and waits for it. The error is an *Error.
func (outer *Client) Complete(ctx context.Context, request Request) (*Response, error) {
	return outer.Invoke(ctx, request).complete()
}

// cString copies bytes to where C can read them; the caller frees it.
func cString(bytes []byte) *C.char { return (*C.char)(C.CBytes(append(bytes, 0))) }
