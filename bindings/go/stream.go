package literllm

// #include "liter_llm.h"
import "C"

import (
	"context"
	"iter"
	"slices"
	"sync"
)

// Stream is one request and its answer as it comes. It is read once, by one goroutine.
type Stream struct {
	client *client
	// Keeps the Client from being collected while a stream of it is used.
	keep    *Client
	ctx     context.Context
	claimed bool
	number  C.uint64_t
	// A pointer, so that a printed Stream does not show the request's key.
	request *Request

	// Guards what the polling goroutine writes.
	mutex   sync.Mutex
	pending []item
	receipt receiptFields
	ended   bool
	dropped bool
	wake    chan struct{}

	answer answer
	// Bytes that were read and not yet acknowledged.
	owed int
}

// item is an event, or a run of text with the ends of its deltas, or neither: something that only
// a later library knows, whose bytes count all the same.
type item struct {
	event  Event
	text   string
	ends   []uint32
	isText bool
	bytes  int
}

// Tokens gives the pieces of text as they come. An error comes last, with an empty token. A loop
// that is left early, by a panic too, closes the connection at once; with iter.Pull2 call stop.
func (stream *Stream) Tokens() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := stream.begin(true); err != nil {
			yield("", err)
			return
		}
		defer stream.drop()
		err := stream.each(func(item *item) bool {
			return !item.isText || item.cut(func(piece string) bool { return yield(piece, nil) })
		})
		if err != nil && err != errStopped {
			yield("", err)
		}
	}
}

// Events gives everything that comes: *Start, Text, *ToolCall, ..., and *End if it is whole. An
// error comes last, with a nil event.
func (stream *Stream) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := stream.begin(true); err != nil {
			yield(nil, err)
			return
		}
		defer stream.drop()
		err := stream.each(func(item *item) bool {
			if item.event != nil {
				return yield(item.event, nil)
			}
			return item.cut(func(piece string) bool {
				if item.isText {
					return yield(Text(piece), nil)
				}
				return yield(Reasoning(piece), nil)
			})
		})
		switch err {
		case nil:
			yield(&End{stream.answer.receipt.receipt()}, nil)
		case errStopped:
		default:
			yield(nil, err)
		}
	}
}

// Response is the answer: whole after the last event, else as much as the reader was given, and
// what came together with that. Only how it began and ended of one that is not collected.
func (stream *Stream) Response() *Response { return stream.answer.response() }

func (stream *Stream) complete() (*Response, error) {
	if err := stream.begin(false); err != nil {
		return nil, err
	}
	defer stream.drop()
	if err := stream.each(func(*item) bool { return true }); err != nil {
		return nil, err
	}
	return stream.answer.response(), nil
}

// errStopped: the reader wants no more.
var errStopped = failure(ErrCancelled, "the reader stopped")

// begin starts the stream.
func (stream *Stream) begin(streamed bool) error {
	if stream.claimed {
		return failure(ErrInvalidArgument, "a stream is read once; call Invoke again for a new one")
	}
	stream.claimed = true
	if err := stream.ctx.Err(); err != nil {
		cancelled := failure(ErrCancelled, err.Error())
		cancelled.cause = context.Cause(stream.ctx)
		return cancelled
	}
	stream.answer.collect = stream.client.collect
	request, failed := stream.request.json(streamed, &stream.answer.collect)
	if failed != nil {
		return failed
	}
	if failed := stream.start(stream.request.Provider, request); failed != nil {
		return failed
	}
	return nil
}

// start hands the request to the library, which then feeds this stream.
func (stream *Stream) start(provider string, request []byte) *Error {
	stream.wake = make(chan struct{}, 1)
	number, failed := stream.client.start(stream, provider, request)
	stream.number = number
	return failed
}

// each hands on everything until the end, and says how that was.
func (stream *Stream) each(take func(*item) bool) error {
	stop := context.AfterFunc(stream.ctx, func() { stream.client.cancel(stream.number) })
	defer stop()
	for {
		items, ended := stream.next()
		for index := range items {
			item := &items[index]
			stream.collect(item)
			if !take(item) {
				return errStopped
			}
			stream.acknowledge(item.bytes)
			// What was read and acknowledged is not held beside what comes for it.
			item.release()
		}
		if ended {
			return stream.failure()
		}
	}
}

// next waits for what has come since the last time.
func (stream *Stream) next() ([]item, bool) {
	for {
		stream.mutex.Lock()
		items, ended := stream.pending, stream.ended
		stream.pending = nil
		if ended {
			stream.answer.receipt = stream.receipt
		}
		stream.mutex.Unlock()
		if len(items) > 0 || ended {
			return items, ended
		}
		<-stream.wake
	}
}

func (stream *Stream) collect(item *item) {
	switch {
	case item.event != nil:
		stream.answer.push(item.event)
	case item.isText:
		stream.answer.push(Text(item.text))
	default:
		stream.answer.push(Reasoning(item.text))
	}
}

// acknowledge tells the library what was read, so that it reads on. What is not yet told is less
// than a part of the window, so the window is open whenever there is nothing left to read.
func (stream *Stream) acknowledge(bytes int) {
	stream.owed += bytes
	if stream.owed >= stream.client.acknowledgeBytes {
		stream.client.consumed(stream.number, stream.owed)
		stream.owed = 0
	}
}

// failure is nil for a whole answer.
func (stream *Stream) failure() error {
	receipt := &stream.answer.receipt
	if receipt.Error == nil {
		return nil
	}
	failed := receipt.Error.error()
	failed.Partial = stream.answer.response()
	if failed.Kind == ErrCancelled {
		failed.cause = context.Cause(stream.ctx)
	}
	return failed
}

// drop closes the connection if the stream has not ended. What still comes is thrown away.
func (stream *Stream) drop() {
	stream.mutex.Lock()
	ended := stream.ended
	stream.dropped = true
	stream.pending = nil
	stream.mutex.Unlock()
	if !ended {
		stream.client.cancel(stream.number)
	}
}

// ---- from here on: the polling goroutine

func (stream *Stream) feedRun(isText bool, text string, ends []uint32) {
	own := slices.Clone(ends)
	stream.feed(item{text: text, ends: own, isText: isText, bytes: len(text)})
}

// feedEvent is false when the event cannot be read, which ends the stream from this side.
func (stream *Stream) feedEvent(kind uint32, data string) bool {
	event, err := parseEvent(kind, data)
	if err != nil {
		stream.end(unreadable("an event", err))
		return false
	}
	stream.feed(item{event: event, bytes: len(data)})
	return true
}

func (stream *Stream) feed(item item) {
	stream.mutex.Lock()
	if !stream.dropped && !stream.ended {
		stream.pending = append(stream.pending, item)
	}
	stream.mutex.Unlock()
	stream.ring()
}

func (stream *Stream) feedEnd(data string) {
	var receipt receiptFields
	if err := decode(data, &receipt); err != nil {
		receipt = unreadable("the end of a stream", err)
	}
	stream.end(receipt)
}

// end says how it was; the first to say so is right.
func (stream *Stream) end(receipt receiptFields) {
	stream.mutex.Lock()
	if !stream.ended {
		stream.receipt = receipt
		stream.ended = true
	}
	stream.mutex.Unlock()
	stream.ring()
}

func unreadable(what string, err error) receiptFields {
	message := what + " could not be read: " + err.Error()
	failed := &errorFields{Number: int32(ErrInternal), Message: message}
	return receiptFields{Receipt: Receipt{Outcome: "failed"}, Error: failed}
}

func (stream *Stream) ring() {
	select {
	case stream.wake <- struct{}{}:
	default:
	}
}

// release lets go of the text.
func (item *item) release() { item.text, item.ends, item.event = "", nil, nil }

// cut hands on the deltas of a run; false when the reader wants no more.
func (item *item) cut(take func(string) bool) bool {
	start := uint32(0)
	for _, end := range item.ends {
		if !take(item.text[start:end]) {
			return false
		}
		start = end
	}
	return true
}
