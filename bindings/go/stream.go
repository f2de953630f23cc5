package literllm

// #include "liter_llm.h"
import "C"

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
)

// Stream is one request and its response as it arrives. [Client.Invoke] makes it; one goroutine
// reads it, once.
type Stream struct {
	client *nativeClient
	// Keeps the Client from being garbage collected while a stream of it is used.
	keep    *Client
	ctx     context.Context
	claimed atomic.Bool
	// Gives the key of each attempt; nil where it is text.
	key    keyFunction
	number C.uint64_t
	// Holds a pointer, so that a printed Stream does not show the request's key.
	request call

	// Guards what the polling goroutine writes.
	mutex   sync.Mutex
	pending []item
	receipt receiptFields
	// END of a whole response that only Tokens reads, which is not parsed before it is asked for.
	end     string
	ended   bool
	dropped bool
	// Those of Embed; nil for any other call.
	vectors *vectors
	// Why the function of api_key gave none.
	keyError error
	// The context of the functions that are running, and what ends it; nil before the first runs.
	asking     context.Context
	stopAsking context.CancelFunc
	wake       chan struct{}

	onlyText  bool
	collector collector
	// What interceptors want to be told at the end, the last one first.
	atEnd []func(CallEnd)
	// How the call ended, where its reader came to the end.
	result   error
	finished bool
	// Bytes that were read and not yet acknowledged.
	unacknowledged int
}

// Tokens returns the pieces of text as they arrive. An error comes last, with an empty token. When
// the loop ends early, also by a panic, the connection is closed at once. With [iter.Pull2] call
// stop.
func (s *Stream) Tokens() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := s.begin(onlyText); err != nil {
			yield("", err)
			return
		}
		defer s.drop()
		err := s.each(func(i *item) bool {
			return !i.isText || i.eachDelta(func(delta string) bool { return yield(delta, nil) })
		})
		if err != nil && err != errStopped {
			yield("", err)
		}
	}
}

// Events returns every event as it arrives: *[Start], [Text], *[ToolCall] and so on. *[End] comes
// last if the response is whole; otherwise an error does, with a nil event.
func (s *Stream) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := s.begin(streamed); err != nil {
			yield(nil, err)
			return
		}
		defer s.drop()
		err := s.each(func(i *item) bool {
			if i.event != nil {
				return yield(i.event, nil)
			}
			return i.eachDelta(func(delta string) bool {
				if i.isText {
					return yield(Text(delta), nil)
				}
				return yield(Reasoning(delta), nil)
			})
		})
		switch err {
		case nil:
			yield(&End{s.collector.receipt.receipt()}, nil)
		case errStopped:
		default:
			yield(nil, err)
		}
	}
}

// Response returns what was received: after the last event, the whole response. After an error, or
// a loop that ended early, it is what the reader was given and what arrived together with that.
// With [WithCollect](false) it says only how the response began and ended.
func (s *Stream) Response() *Response { return s.collector.response() }

func (s *Stream) complete() (*Response, error) {
	if err := s.begin(whole); err != nil {
		return nil, err
	}
	defer s.drop()
	if err := s.each(func(*item) bool { return true }); err != nil {
		return nil, err
	}
	return s.collector.response(), nil
}

// errStopped: the reader wants no more.
var errStopped = newError(ErrCancelled, "the reader stopped")

// causeOf is what ended a context: its error and, where it has another cause, that one too.
func causeOf(ctx context.Context) error {
	ended, cause := ctx.Err(), context.Cause(ctx)
	if ended == nil || errors.Is(cause, ended) {
		return cause
	}
	return errors.Join(ended, cause)
}

// How a stream is read.
type reading int

const (
	whole reading = iota
	streamed
	// Streamed, by a reader that asks later, or never, how the response began and ended.
	onlyText
)

// begin checks what the caller gave and starts the stream.
func (s *Stream) begin(how reading) error {
	switch {
	case s.request == nil:
		return newError(ErrInvalidArgument, "the stream was not made by Invoke; call Client.Invoke")
	case s.client == nil:
		return errNoClient()
	case s.ctx == nil:
		return newError(ErrInvalidArgument, "the context is nil; give context.Background()")
	case !s.claimed.CompareAndSwap(false, true):
		return newError(ErrInvalidArgument, "a stream is read once; call Invoke again for a new one")
	}
	if err := s.ctx.Err(); err != nil {
		cancelled := newError(ErrCancelled, "not sent, since the context has ended: "+err.Error())
		cancelled.cause = causeOf(s.ctx)
		return cancelled
	}
	s.collector.collect, s.key = s.client.collect, s.client.key
	s.onlyText = how == onlyText
	request, failed := s.request.json(how != whole, &s.collector.collect, &s.key)
	if failed != nil {
		return failed
	}
	if request, failed = s.intercept(request); failed == nil {
		failed = s.inGo(s.start(s.request.provider(), request))
	}
	if failed != nil {
		s.result, s.finished = failed, true
		s.tellEnd()
		return failed
	}
	return nil
}

// start gives the request to the library, which then delivers events to this stream.
func (s *Stream) start(provider string, request []byte) *Error {
	s.wake = make(chan struct{}, 1)
	number, failed := s.client.start(s, provider, request)
	s.number = number
	s.client.pollBetween()
	return failed
}

// each calls take with every item until the end, and returns the error of the stream.
func (s *Stream) each(take func(*item) bool) error {
	stop := context.AfterFunc(s.ctx, func() { s.client.cancel(s.number) })
	defer stop()
	for {
		items, ended := s.next()
		for index := range items {
			i := &items[index]
			s.collect(i)
			if !take(i) {
				return errStopped
			}
			s.acknowledge(i.bytes)
			// Its window is open again, so its text must not be held beside what comes next.
			i.release()
		}
		if ended {
			s.result, s.finished = s.failure(), true
			return s.result
		}
	}
}

// next waits for the items that have arrived since the last time.
func (s *Stream) next() ([]item, bool) {
	for {
		s.mutex.Lock()
		items, ended := s.pending, s.ended
		s.pending = nil
		if ended {
			s.collector.receipt = s.receipt
			s.collector.end.data = s.end
		}
		s.mutex.Unlock()
		if len(items) > 0 || ended {
			return items, ended
		}
		<-s.wake
	}
}

func (s *Stream) collect(i *item) {
	switch {
	case i.start != "":
		s.collector.begin.data = i.start
	case i.event != nil:
		s.collector.push(i.event)
	case i.isText:
		s.collector.push(Text(i.text))
	default:
		s.collector.push(Reasoning(i.text))
	}
}

// acknowledge tells the library what was read, so that it reads on. At most a quarter of the window
// stays unacknowledged, so the window is open whenever there is nothing left to read.
func (s *Stream) acknowledge(bytes int) {
	s.unacknowledged += bytes
	if s.unacknowledged >= s.client.acknowledgeBytes {
		s.client.acknowledge(s.number, s.unacknowledged)
		s.unacknowledged = 0
	}
}

// failure is nil for a whole response.
func (s *Stream) failure() error {
	receipt := &s.collector.receipt
	if receipt.Error == nil {
		return nil
	}
	failed := s.inGo(receipt.Error.error())
	failed.Partial = s.collector.response()
	if s.vectors != nil {
		failed.Partial.Vectors = s.vectors.split()
	}
	if failed.Kind == ErrCancelled {
		failed.cause = causeOf(s.ctx)
	}
	if failed.Kind == ErrAuthentication && failed.Status == 0 {
		s.mutex.Lock()
		failed.cause = s.keyError
		s.mutex.Unlock()
	}
	return failed
}

// drop closes the connection if the stream has not ended. What still arrives is thrown away.
func (s *Stream) drop() {
	s.mutex.Lock()
	ended := s.ended
	s.dropped = true
	s.pending = nil
	stopAsking := s.stopAsking
	s.mutex.Unlock()
	if stopAsking != nil {
		stopAsking()
	}
	if !ended {
		s.client.cancel(s.number)
	}
	s.tellEnd()
}
