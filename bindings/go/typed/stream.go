package typed

import (
	"context"
	"iter"
	"reflect"
	"strconv"
	"strings"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// growth is by what part of itself a text grows before it is parsed anew: each time all of it is,
// so that parsing at each token would take time by the square of the length.
const growth = 512

// StreamAs streams a response that is a T, and yields what there is of it so far, each time that
// there is more: fields that have not come are zero, the last text and list may be cut, and a
// number comes when it is whole. Of a long text some tokens come together. The last T is whole and
// keeps to the schema; otherwise an error comes last, as [CompleteAs] has it. WithRepairs is not
// used.
func StreamAs[T any](
	ctx context.Context, client *literllm.Client, request literllm.Request, options ...Option,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last T
		shape, _, err := prepare[T](&request, options)
		if err != nil {
			yield(last, err)
			return
		}
		var text strings.Builder
		next := 0
		stream := client.Invoke(ctx, request)
		for token, err := range stream.Tokens() {
			if err != nil {
				yield(last, err)
				return
			}
			text.WriteString(token)
			if text.Len() < next {
				continue
			}
			next = text.Len() + text.Len()/growth + 1
			var partial T
			if shape.decodeUnchecked(closed(text.String()), &partial) != nil ||
				reflect.DeepEqual(partial, last) {
				continue
			}
			last = partial
			if !yield(partial, nil) {
				return
			}
		}
		var whole T
		if failed := shape.read(stream.Response(), &whole); failed != nil {
			yield(last, failed)
		} else if !reflect.DeepEqual(whole, last) {
			yield(whole, nil)
		}
	}
}

// closed is the longest beginning of a text that is JSON once its lists, objects and last string
// are closed; empty where there is none.
func closed(text string) string {
	scan := scanner{}
	for index := range len(text) {
		scan.step(text[index], index)
	}
	if scan.inString && !scan.isKey {
		return strings.ToValidUTF8(text[:scan.endIn(text)], "") + `"` + closers(scan.open)
	}
	return text[:scan.safe] + closers(scan.safeOpen)
}

// scanner follows JSON so far that it knows where it may be cut.
type scanner struct {
	// What closes the open lists and objects, the innermost last.
	open []byte
	// Up to where the text can be cut, and what was open there.
	safe     int
	safeOpen []byte

	inString bool
	// The string is the name of a field, or the next one is.
	isKey bool
	// Where an escape begins that is not whole; below 0 without one.
	escape, escapeLeft int
	// Where the last whole escape begins.
	escaped int
	// A number or a word has begun.
	inWord bool
}

func (s *scanner) step(letter byte, index int) {
	if s.inString {
		s.stepInString(letter, index)
		return
	}
	switch letter {
	case '"':
		s.inString, s.escape = true, -1
	case '{', '[':
		s.open = append(s.open, letter+2) // The closing one, in ASCII.
		s.isKey = letter == '{'
		s.cut(index + 1)
	case '}', ']':
		s.endWord(index)
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
		s.isKey = false
		s.cut(index + 1)
	case ',':
		s.endWord(index)
		s.isKey = len(s.open) > 0 && s.open[len(s.open)-1] == '}'
	case ':':
		s.isKey = false
	case ' ', '\t', '\r', '\n':
		s.endWord(index)
	default:
		s.inWord = true
	}
}

func (s *scanner) stepInString(letter byte, index int) {
	switch {
	case s.escape >= 0:
		if letter == 'u' && s.escapeLeft == 1 {
			s.escapeLeft = 5
		}
		if s.escapeLeft--; s.escapeLeft == 0 {
			s.escaped, s.escape = s.escape, -1
		}
	case letter == '\\':
		s.escape, s.escapeLeft = index, 1
	case letter == '"':
		s.inString = false
		if !s.isKey {
			s.cut(index + 1)
		}
	}
}

// endIn is how much of a text that ends within a string may be kept: no escape that is not whole,
// nor the first half of a surrogate pair.
func (s *scanner) endIn(text string) int {
	end := len(text)
	if s.escape >= 0 {
		end = s.escape
	}
	if hex, found := strings.CutPrefix(text[s.escaped:end], `\u`); found && len(hex) == 4 {
		code, err := strconv.ParseUint(hex, 16, 16)
		if err == nil && code >= 0xd800 && code < 0xdc00 {
			return s.escaped
		}
	}
	return end
}

// endWord: a number or a word before the letter at index is whole.
func (s *scanner) endWord(index int) {
	if s.inWord {
		s.cut(index)
	}
	s.inWord = false
}

func (s *scanner) cut(index int) { s.safe, s.safeOpen = index, append(s.safeOpen[:0], s.open...) }

func closers(open []byte) string {
	closing := make([]byte, len(open))
	for index, letter := range open {
		closing[len(open)-1-index] = letter
	}
	return string(closing)
}
