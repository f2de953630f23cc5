package literllm

import (
	"context"
	"testing"
)

// What the tests of the package's outside need of its inside.

// SetLibraryABI has the linked library say another version, until the test is over.
func SetLibraryABI(t *testing.T, version uint32) {
	before := libraryABI
	libraryABI = func() uint32 { return version }
	t.Cleanup(func() { libraryABI = before })
}

// RequestJSON is what the library is given.
func RequestJSON(request Request) (string, error) {
	collect := true
	text, failed := request.json(true, &collect)
	if failed != nil {
		return "", failed
	}
	return string(text), nil
}

// PendingBytes is how much has come and was not read.
func (stream *Stream) PendingBytes() int {
	stream.mutex.Lock()
	defer stream.mutex.Unlock()
	sum := 0
	for _, item := range stream.pending {
		sum += item.bytes
	}
	return sum
}

// Fed is a stream whose events a test makes up: what only another library would deliver.
type Fed struct{ *Stream }

// NewFed makes one that counts what it acknowledges and tells nobody.
func NewFed() Fed {
	inner := &client{closed: true, settings: settings{acknowledgeBytes: 1 << 40, collect: true}}
	stream := &Stream{client: inner, ctx: context.Background(), wake: make(chan struct{}, 1)}
	stream.answer.collect = true
	return Fed{stream}
}

// Text feeds a run of text.
func (fed Fed) Text(text string) { fed.feedRun(true, text, []uint32{uint32(len(text))}) }

// Event feeds an event of any kind, and says whether it could be read.
func (fed Fed) Event(kind uint32, data string) bool { return fed.feedEvent(kind, data) }

// End feeds the end.
func (fed Fed) End(data string) { fed.feedEnd(data) }

// Read gives what a reader is handed until the end.
func (fed Fed) Read() ([]Event, error) {
	var events []Event
	err := fed.each(func(item *item) bool {
		if item.event != nil {
			events = append(events, item.event)
		}
		return item.cut(func(piece string) bool {
			events = append(events, Text(piece))
			return true
		})
	})
	return events, err
}

// Acknowledged is how many bytes count as read.
func (fed Fed) Acknowledged() int { return fed.owed }
