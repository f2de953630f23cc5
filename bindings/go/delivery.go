//go:build cgo

package literllm

import "slices"

// What the polling goroutine does with a stream: it delivers items and the end.

// item is an event, or a run of text with the ends of its deltas. An event that this version does
// not know is neither, but its bytes count all the same.
type item struct {
	event  Event
	text   string
	ends   []uint32
	isText bool
	bytes  int
}

func (s *Stream) deliverRun(isText bool, text string, ends []uint32) {
	own := slices.Clone(ends)
	s.deliver(item{text: text, ends: own, isText: isText, bytes: len(text)})
}

// deliverVectors copies them to where they stay: data lives until the next poll.
func (s *Stream) deliverVectors(data []byte, count int) {
	s.mutex.Lock()
	if s.vectors != nil && !s.dropped && !s.ended {
		s.vectors.add(data, count)
	}
	s.mutex.Unlock()
	s.deliver(item{bytes: len(data)})
}

// deliverEvent is false when the event cannot be parsed, which ends the stream from this side.
func (s *Stream) deliverEvent(kind uint32, data string) bool {
	event, err := parseEvent(kind, data)
	if err != nil {
		s.end(unparsed("an event", err))
		return false
	}
	s.deliver(item{event: event, bytes: len(data)})
	return true
}

func (s *Stream) deliver(i item) {
	s.mutex.Lock()
	if !s.dropped && !s.ended {
		s.pending = append(s.pending, i)
	}
	s.mutex.Unlock()
	s.wakeReader()
}

func (s *Stream) deliverEnd(data string) {
	var receipt receiptFields
	if err := parseJSON(data, &receipt); err != nil {
		receipt = unparsed("the end of a stream", err)
	}
	s.end(receipt)
}

// end keeps the first receipt that it is given.
func (s *Stream) end(receipt receiptFields) {
	s.mutex.Lock()
	if !s.ended {
		s.receipt = receipt
		s.ended = true
	}
	stopAsking := s.stopAsking
	s.mutex.Unlock()
	if stopAsking != nil {
		stopAsking()
	}
	s.wakeReader()
}

// unparsed is the receipt of a stream that ends because the library's JSON is not as expected.
func unparsed(what string, err error) receiptFields {
	message := what + " could not be parsed: " + err.Error()
	failed := &errorFields{Number: int32(ErrInternal), Message: message}
	return receiptFields{Receipt: Receipt{Outcome: "failed"}, Error: failed}
}

func (s *Stream) wakeReader() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// release drops the text, so that it can be garbage collected.
func (i *item) release() { i.text, i.ends, i.event = "", nil, nil }

// eachDelta calls take with the deltas of a run; false when take wants no more.
func (i *item) eachDelta(take func(string) bool) bool {
	start := uint32(0)
	for _, end := range i.ends {
		if !take(i.text[start:end]) {
			return false
		}
		start = end
	}
	return true
}
