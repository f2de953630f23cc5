package literllm_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

var awaiting = streamed(token("Hello"), object{"signal": "here"}, object{"await": "go"},
	object{"finish": "stop"}, object{"done": true}, object{"chunk_end": true})

func requestsTo(keys ...string) iter.Seq[literllm.Request] {
	return func(yield func(literllm.Request) bool) {
		for _, key := range keys {
			if !yield(ask(key)) {
				return
			}
		}
	}
}

// An error is the result of its request, and each request has one result.
func TestMap(t *testing.T) {
	leavesNothing(t)
	refused := object{"status": 401, "error": object{"message": "no", "type": "t"}}
	cut := streamed(token("Hel"), object{"reset": true})
	keys := []string{plan(t, hello), plan(t, refused), plan(t, cut)}
	for len(keys) < 50 {
		keys = append(keys, keys[0])
	}
	for _, ordered := range []bool{true, false} {
		var numbers []int
		options := literllm.MapOptions{Concurrency: 4, Ordered: ordered}
		for number, result := range newClient(t).Map(bounded(t), requestsTo(keys...), options) {
			numbers = append(numbers, number)
			if result.Request.BaseURL != baseURL(keys[number]) {
				t.Errorf("%d: %+v", number, result.Request)
			}
			var failed *literllm.Error
			isWhole := result.Err == nil && result.Response.Text == "Hello wide world"
			switch isError := errors.As(result.Err, &failed); {
			case number == 1 && errors.Is(result.Err, literllm.ErrAuthentication):
			case number == 2 && isError && result.Response == nil:
			case number != 1 && number != 2 && isWhole:
			default:
				t.Errorf("%d: %+v", number, result)
			}
		}
		if ordered && !slices.IsSorted(numbers) {
			t.Error(numbers)
		}
		slices.Sort(numbers)
		if len(slices.Compact(numbers)) != len(keys) || numbers[len(numbers)-1] != len(keys)-1 {
			t.Error(numbers)
		}
	}
}

// No request is read before it can run; a slow one holds back only what the order asks for.
func TestMapReadsWhatCanRun(t *testing.T) {
	leavesNothing(t)
	for _, ordered := range []bool{true, false} {
		slow, fast := plan(t, awaiting), plan(t, hello)
		var read atomic.Int64
		requests := func(yield func(literllm.Request) bool) {
			for number := range 9 {
				read.Add(1)
				key := fast
				if number == 0 {
					key = slow
				}
				if !yield(ask(key)) {
					return
				}
			}
		}
		next, stop := iter.Pull2(newClient(t).Map(bounded(t), requests,
			literllm.MapOptions{Concurrency: 3, Ordered: ordered}))
		go func() {
			// All that may run besides the slow one has run.
			waitFor(t, fast, "requests=2")
			waitFor(t, slow, "signal=here")
			if ordered && read.Load() != 3 {
				t.Errorf("%d were read", read.Load())
			}
			if ordered {
				control(t, "POST", "signal/"+slow+"/go", nil)
			}
		}()
		first, _, _ := next()
		if (first == 0) != ordered {
			t.Errorf("%d came first; in order: %v", first, ordered)
		}
		if !ordered {
			control(t, "POST", "signal/"+slow+"/go", nil)
		}
		count := 1
		for _, result, more := next(); more; _, result, more = next() {
			count++
			if result.Err != nil {
				t.Error(result.Err)
			}
		}
		if stop(); count != 9 || read.Load() != 9 {
			t.Errorf("%d results of %d requests", count, read.Load())
		}
	}
}

// Leaving the loop closes the connections of what is under way.
func TestMapIsLeft(t *testing.T) {
	leavesNothing(t)
	for _, ordered := range []bool{true, false} {
		done, never := plan(t, hello), plan(t, streamed(token("Hello"), object{"signal": "here"}, hang))
		requests := func(yield func(literllm.Request) bool) {
			for _, key := range []string{never, never} {
				yield(ask(key))
			}
			waitFor(t, never, "requests=2&signal=here")
			for yield(ask(done)) {
			}
		}
		if ordered {
			requests = func(yield func(literllm.Request) bool) {
				_ = yield(ask(done)) && yield(ask(never)) && yield(ask(never))
			}
		}
		options := literllm.MapOptions{Concurrency: 3, Ordered: ordered}
		client := newClient(t)
		for _, result := range client.Map(bounded(t), requests, options) {
			if result.Err != nil {
				t.Error(result.Err)
			}
			waitFor(t, never, "requests=2")
			break
		}
		if live := literllm.LiveStreams(client); live != 0 {
			t.Errorf("%d are live", live)
		}
		waitFor(t, never, "closed=2")
	}
}

// When the context ends nothing more is read, and what runs ends as CANCELLED.
func TestMapEndsWithItsContext(t *testing.T) {
	leavesNothing(t)
	key := plan(t, streamed(token("Hello"), hang))
	ctx, cancel := context.WithCancel(bounded(t))
	go func() {
		waitFor(t, key, "requests=3")
		cancel()
	}()
	endless := func(yield func(literllm.Request) bool) {
		for yield(ask(key)) {
		}
	}
	count := 0
	for _, result := range newClient(t).Map(ctx, endless, literllm.MapOptions{Concurrency: 3}) {
		count++
		if !errors.Is(result.Err, literllm.ErrCancelled) {
			t.Error(result.Err)
		}
	}
	if count != 3 || ctx.Err() == nil {
		t.Error(count)
	}
}

func TestMapPassesPanicsOn(t *testing.T) {
	leavesNothing(t)
	key, count := plan(t, hello), 0
	requests := func(yield func(literllm.Request) bool) {
		yield(ask(key))
		panic("no more rows")
	}
	defer func() {
		if cause := recover(); cause != "no more rows" || count != 1 {
			t.Errorf("%v after %d results", cause, count)
		}
	}()
	for range newClient(t).Map(bounded(t), requests, literllm.MapOptions{}) {
		count++
	}
}

func TestMapRefuses(t *testing.T) {
	client, requests := newClient(t), requestsTo("never-asked")
	for name, results := range map[string]iter.Seq2[int, literllm.MapResult]{
		"context":     client.Map(nil, requests, literllm.MapOptions{}), //nolint:staticcheck
		"requests":    client.Map(bounded(t), nil, literllm.MapOptions{}),
		"Concurrency": client.Map(bounded(t), requests, literllm.MapOptions{Concurrency: -1}),
		"New":         (*literllm.Client)(nil).Map(bounded(t), requests, literllm.MapOptions{}),
	} {
		count := 0
		for _, result := range results {
			count++
			if !errors.Is(result.Err, literllm.ErrInvalidArgument) {
				t.Errorf("%s: %v", name, result.Err)
			}
		}
		if count != 1 {
			t.Errorf("%s: %d", name, count)
		}
	}
}
