// Package literllm is a client for LLM providers: OpenAI, Anthropic, Cohere, and every service that
// speaks OpenAI's protocol. All of them take the same [Request] and give the same events and the
// same errors.
//
//	client, err := literllm.New(literllm.WithProvider("openai"))
//	...
//	defer client.Close()
//	for token, err := range client.Invoke(ctx, request).Tokens() { ... }
//
// The work is done by a native library, which is linked in. A [Client] may be used from any
// goroutine. It has one goroutine of its own, which is parked while nothing arrives, so an idle
// client takes no thread (on Windows it takes one). The guide (docs/guide.md in the repository)
// describes the fields of requests, the retries and the errors for all languages.
//
// Two modules stand beside this package: typed has responses and tool arguments as Go types, and
// otelliterllm reports calls to OpenTelemetry.
package literllm

// #include "liter_llm.h"
import "C"

import (
	"bytes"
	"context"
	"runtime"
	"runtime/cgo"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Client keeps connections and runs any number of streams at once. [New] makes it; close it when it
// is no longer needed. Pass it as a pointer: a copy stops working when the original is garbage
// collected.
type Client struct {
	native *nativeClient
	_      noCopy
}

// noCopy makes go vet report copies of a struct that holds it.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// nativeClient is what the polling goroutine holds. It does not know its Client, so a Client that
// the program no longer uses can be garbage collected.
type nativeClient struct {
	pointer *C.LlmClient
	settings
	waker *waker
	// Held by who polls, as events live until the next poll; taken before mutex.
	polling sync.Mutex
	// Streams that were started by anybody, ended or not.
	started atomic.Uint64
	// Guards pointer: calls hold it shared, the poller holds it alone to free the client.
	mutex   sync.RWMutex
	closed  bool
	drained chan struct{}
	// Streams that were started and whose END was not polled.
	live atomic.Int64
	// No stream starts any more.
	closing atomic.Bool
}

// startsPerPoll streams take some 1 ms to start.
const startsPerPoll = 64

// New makes a client. It opens no connection. A wrong option is an *[Error] of kind [ErrConfig].
func New(options ...Option) (*Client, error) {
	// An interface that holds a nil pointer is not nil.
	client, failed := newClient(options)
	if failed != nil {
		return nil, failed
	}
	return client, nil
}

// Invoke returns a stream of one request. Nothing is sent before the stream is read. When the
// context ends, by cancellation or by its deadline, the connection to the provider is closed.
func (c *Client) Invoke(ctx context.Context, request Request) *Stream {
	return c.call(ctx, &request)
}

func (c *Client) call(ctx context.Context, request call) *Stream {
	stream := &Stream{keep: c, ctx: ctx, request: request}
	if c != nil {
		stream.client = c.native
	}
	return stream
}

// Complete sends a request without streaming and returns the whole response. The error is an
// *[Error].
func (c *Client) Complete(ctx context.Context, request Request) (*Response, error) {
	return c.Invoke(ctx, request).complete()
}

// Close ends every live stream with [ErrClosed] and returns when all of them have ended and the
// logger has every record of them; for a logger that blocks it waits at most 5 seconds. Closing a
// client again does nothing.
func (c *Client) Close() error {
	if c == nil || c.native == nil {
		return errNoClient()
	}
	runtime.SetFinalizer(c, nil)
	c.native.close()
	<-c.native.drained
	if c.native.log != nil {
		c.native.log.wait()
	}
	return nil
}

// Version is the version of the native library.
func Version() string { return C.GoString(C.llm_version()) }

func newClient(options []Option) (*Client, *Error) {
	if failed := checkABI(); failed != nil {
		return nil, failed
	}
	text, settings, failed := readOptions(options)
	if failed != nil {
		return nil, failed
	}
	native := &nativeClient{settings: settings, drained: make(chan struct{})}
	if failed := native.open(text); failed != nil {
		return nil, settings.options.inGo(failed)
	}
	go native.poll()
	client := &Client{native: native}
	runtime.SetFinalizer(client, func(client *Client) { client.native.close() })
	return client, nil
}

func errNoClient() *Error {
	return newError(ErrInvalidArgument, "the client was not made by New; call literllm.New")
}

func (c *nativeClient) open(options []byte) *Error {
	waker, failed := newWaker()
	if failed != nil {
		return failed
	}
	c.waker = waker
	// The message of a failing call belongs to its thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	text := cString(options)
	defer C.free(unsafe.Pointer(text))
	client, number := waker.connect(text)
	if number != C.LLM_ERROR_OK {
		waker.close()
		return lastError(number)
	}
	c.pointer = client
	return nil
}

// close takes no more streams; the poller frees the client once the last END was delivered.
func (c *nativeClient) close() {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	if !c.closed {
		C.llm_client_close(c.pointer)
		c.closing.Store(true)
		c.waker.wake()
	}
}

// poll runs until the client is closed and drained.
func (c *nativeClient) poll() {
	for !c.isDrained() {
		timeoutMS := c.waker.wait()
		c.polling.Lock()
		c.deliverAll(timeoutMS)
		c.polling.Unlock()
	}
	c.polling.Lock()
	defer c.polling.Unlock()
	// Log records may have come after the last END.
	c.deliverAll(0)
	c.mutex.Lock()
	c.closed = true
	C.llm_client_free(c.pointer)
	c.mutex.Unlock()
	// The library writes to the descriptor no more, so its number may be used again.
	c.waker.close()
	close(c.drained)
}

func (c *nativeClient) isDrained() bool {
	return c.closing.Load() && c.live.Load() == 0
}

// deliverAll polls once and gives each event to its stream.
func (c *nativeClient) deliverAll(timeoutMS int64) {
	var events *C.LlmEvent
	count := C.llm_client_poll(c.pointer, C.int64_t(timeoutMS), &events)
	polled := unsafe.Slice(events, int(count))
	for index := range polled {
		c.deliver(&polled[index])
	}
}

// pollBetween polls in the goroutine that started a stream, each startsPerPoll of them, unless
// another one polls. Where thousands are started at once, Go's scheduler has the poller wait behind
// all of them, and with it the first tokens of those that were started first.
func (c *nativeClient) pollBetween() {
	if c.started.Add(1)%startsPerPoll != 0 || !c.polling.TryLock() {
		return
	}
	defer c.polling.Unlock()
	if !c.closed {
		c.deliverAll(0)
	}
}

// deliver gives one event to its stream. The bytes live until the next poll, so they are copied.
func (c *nativeClient) deliver(event *C.LlmEvent) {
	if event.stream == 0 {
		if event.kind == C.LLM_EVENT_LOG && c.log != nil {
			c.log.add(C.GoStringN(event.data, C.int(event.length)))
		}
		return
	}
	handle := cgo.Handle(event.stream)
	stream := handle.Value().(*Stream)
	if event.kind == C.LLM_EVENT_VECTORS {
		data := unsafe.Slice((*byte)(unsafe.Pointer(event.data)), int(event.length))
		stream.deliverVectors(data, int(event.count))
		return
	}
	data := C.GoStringN(event.data, C.int(event.length))
	switch event.kind {
	case C.LLM_EVENT_TEXT, C.LLM_EVENT_REASONING:
		ends := unsafe.Slice((*uint32)(event.ends), int(event.count))
		stream.deliverRun(event.kind == C.LLM_EVENT_TEXT, data, ends)
	case C.LLM_EVENT_RESULT:
		stream.deliver(item{event: result(data), bytes: len(data)})
	case C.LLM_EVENT_KEY:
		stream.askKey(event.stream)
	case C.LLM_EVENT_END:
		handle.Delete()
		// Before the reader is woken, so that what it sees ended is not counted as live.
		c.live.Add(-1)
		stream.deliverEnd(data, event.error == C.LLM_ERROR_OK)
	default:
		if !stream.deliverEvent(uint32(event.kind), data) {
			c.cancel(event.stream)
		}
	}
}

// start gives a request to the library. The stream's handle is its number there.
func (c *nativeClient) start(stream *Stream, provider string, request []byte) (C.uint64_t, *Error) {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	if c.closed {
		return 0, newError(ErrClosed, "the client is closed; make a new one")
	}
	// A C string would end there, and the rest be lost.
	if strings.IndexByte(provider, 0) >= 0 || bytes.IndexByte(request, 0) >= 0 {
		return 0, newError(ErrInvalidArgument, "the provider or the request has a NUL byte; remove it")
	}
	handle := cgo.NewHandle(stream)
	number := C.uint64_t(handle)
	name, text := C.CString(provider), cString(request)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c.live.Add(1)
	if refused := C.llm_client_start(c.pointer, number, name, text); refused != C.LLM_ERROR_OK {
		handle.Delete()
		c.live.Add(-1)
		// A closing client may have waited for this stream alone.
		c.waker.wake()
		return 0, lastError(refused)
	}
	return number, nil
}

func (c *nativeClient) cancel(number C.uint64_t) {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	if !c.closed {
		C.llm_client_cancel(c.pointer, number)
	}
}

func (c *nativeClient) acknowledge(number C.uint64_t, bytes int) {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	if !c.closed {
		C.llm_client_consumed(c.pointer, number, C.size_t(bytes))
	}
}

func freeString(text *C.char) { C.free(unsafe.Pointer(text)) }

// cString copies bytes to where C can read them; the caller frees it.
func cString(bytes []byte) *C.char { return (*C.char)(C.CBytes(append(bytes, 0))) }
