//go:build cgo

package literllm

import "slices"

// What the polling goroutine does with a stream: it delivers items and the end.

// item is an event, a START that is not parsed, or a run of text with the ends of its deltas. An
// event that this version does not know is none of them, but its bytes count all the same.
type item struct {
	event  Event
	start  string
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
	if s.onlyText && isStart(kind) {
		s.deliver(item{start: data, bytes: len(data)})
		return true
	}
	event, err := parseEvent(kind, data)
	if err != nil {
		s.finish(unparsed("an event", err))
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

// deliverEnd takes END; of a response that is whole only Tokens leaves it unparsed.
func (s *Stream) deliverEnd(data string, isWhole bool) {
	if s.onlyText && isWhole {
		s.mutex.Lock()
		if !s.ended {
			s.end = data
		}
		s.mutex.Unlock()
		s.finish(receiptFields{})
		return
	}
	var receipt receiptFields
	if err := parseJSON(data, &receipt); err != nil {
		receipt = unparsed("the end of a stream", err)
	}
	s.finish(receipt)
}

// finish keeps the first receipt that it is given.
func (s *Stream) finish(receipt receiptFields) {
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
func (i *item) release() { i.text, i.start, i.ends, i.event = "", "", nil, nil }

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
