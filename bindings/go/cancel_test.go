package literllm_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// leavesNothing fails a test after which there are more goroutines than before. Call it first.
func leavesNothing(t *testing.T) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
}

// collect runs the garbage collector until something is done, or for ten seconds.
func collect(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		runtime.GC()
		select {
		case <-done:
			return
		case <-limit:
			t.Fatal(what)
		default:
			runtime.Gosched()
		}
	}
}

func oneThenHang(t *testing.T) string { return plan(t, streamed(token("one "), hang)) }

func TestAwaitedCallCancelledCloses(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	for name, step := range map[string]object{
		"no head": {"raw": []object{{"signal": "here"}, hang}},
		"a body":  streamed(token("one "), object{"signal": "here"}, hang),
	} {
		key := plan(t, step)
		ctx, cancel := context.WithCancel(bounded(t))
		ended := make(chan error)
		go func() {
			_, err := client.Complete(ctx, ask(key))
			ended <- err
		}()
		waitFor(t, key, "signal=here")
		cancel()
		if err := <-ended; !errors.Is(err, literllm.ErrCancelled) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		waitFor(t, key, "closed=1")
	}
}

// A context that has a cause of its own still says which of the two ends it had.
func TestCauseOfContext(t *testing.T) {
	client := newClient(t)
	mine := errors.New("no longer needed")
	cancelled, cancel := context.WithCancelCause(bounded(t))
	late, stop := context.WithDeadlineCause(bounded(t), time.Unix(0, 0), mine)
	defer stop()
	key := plan(t, object{"raw": []object{{"signal": "here"}, hang}})
	ended := make(chan error)
	go func() {
		_, err := client.Complete(cancelled, ask(key))
		ended <- err
	}()
	waitFor(t, key, "signal=here")
	cancel(mine)
	if err := <-ended; !errors.Is(err, mine) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_, err := client.Complete(late, ask("never-asked"))
	if !errors.Is(err, mine) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// The context ends after the start and before anything came.
func TestInterruptBeforeFirstEvent(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	for name, read := range ways {
		key := plan(t, object{"raw": []object{{"signal": "here"}, hang}})
		ctx, cancel := context.WithCancel(bounded(t))
		ended := make(chan error)
		go func() {
			_, err := read(ctx, client, ask(key))
			ended <- err
		}()
		waitFor(t, key, "signal=here")
		cancel()
		if err := <-ended; !errors.Is(err, literllm.ErrCancelled) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		waitFor(t, key, "closed=1")
	}
}

// The context ends at any moment of the start.
func TestInterruptAtTheStart(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	key := plan(t, object{"raw": []object{hang}})
	var all sync.WaitGroup
	for range slowly(300, 20_000) {
		ctx, cancel := context.WithCancel(bounded(t))
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := client.Complete(ctx, ask(key)); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}()
		cancel()
	}
	all.Wait()
}

func TestBreakCloses(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	tokens, events := oneThenHang(t), oneThenHang(t)
	stream := client.Invoke(bounded(t), ask(tokens))
	for range stream.Tokens() {
		break
	}
	for event := range client.Invoke(bounded(t), ask(events)).Events() {
		if event != literllm.Event(literllm.Text("one ")) {
			continue
		}
		break
	}
	waitFor(t, tokens, "closed=1")
	waitFor(t, events, "closed=1")
	if stream.Response().Text != "one " {
		t.Fatal(stream.Response().Text)
	}
	for _, err := range stream.Tokens() {
		if !errors.Is(err, literllm.ErrInvalidArgument) {
			t.Fatal("a stream is read once:", err)
		}
	}
}

// A panic in the body of the loop, and the end of its goroutine, close the connection.
func TestExceptionCloses(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	for name, leave := range map[string]func(){
		"panic": func() { panic("mine") }, "goexit": runtime.Goexit,
	} {
		tokens, events := oneThenHang(t), oneThenHang(t)
		for _, read := range []func(){
			func() {
				for range client.Invoke(bounded(t), ask(tokens)).Tokens() {
					leave()
				}
			},
			func() {
				for range client.Invoke(bounded(t), ask(events)).Events() {
					leave()
				}
			},
		} {
			left := make(chan any)
			go func() {
				defer func() { left <- recover() }()
				read()
			}()
			if got := <-left; got != nil && got != "mine" {
				t.Errorf("%s: %v", name, got)
			}
		}
		waitFor(t, tokens, "closed=1")
		waitFor(t, events, "closed=1")
	}
}

// What is left of a stream that was dropped, refused or cancelled can be collected.
func TestDroppedChannelLeavesTheTable(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	key := oneThenHang(t)
	for name, use := range map[string]func() *literllm.Stream{
		"broken off": func() *literllm.Stream {
			stream := client.Invoke(bounded(t), ask(key))
			for range stream.Tokens() {
				break
			}
			return stream
		},
		"refused": func() *literllm.Stream {
			request := ask(key)
			request.Provider = "\xff"
			stream := client.Invoke(bounded(t), request)
			for _, err := range stream.Tokens() {
				if !errors.Is(err, literllm.ErrInvalidArgument) {
					t.Error(err)
				}
			}
			return stream
		},
		"cancelled": func() *literllm.Stream {
			ctx, cancel := context.WithCancel(bounded(t))
			defer cancel()
			stream := client.Invoke(ctx, ask(key))
			for range stream.Tokens() {
				cancel()
			}
			return stream
		},
	} {
		collected := make(chan struct{})
		runtime.SetFinalizer(use(), func(*literllm.Stream) { close(collected) })
		collect(t, collected, "a stream is still known, that was "+name)
	}
}

// A stream that was never read has sent nothing, and a forgotten client ends by itself; one with a
// stream that is read lives as long as that.
func TestCollectedStreamCloses(t *testing.T) {
	leavesNothing(t)
	before := pollers()
	key := plan(t, streamed(token("one "), object{"await": "go"}, token("two"),
		object{"finish": "stop"}, object{"done": true}, object{"chunk_end": true}))
	forget := func() *literllm.Stream {
		client, err := literllm.New(literllm.WithProvider("openai"), literllm.WithAPIKey("k"))
		if err != nil {
			t.Fatal(err)
		}
		client.Invoke(context.Background(), ask(key))
		return client.Invoke(bounded(t), ask(key))
	}
	text := ""
	for token, err := range forget().Tokens() {
		if err != nil {
			t.Fatal(err)
		}
		if text += token; text == "one " {
			for range 5 {
				runtime.GC()
			}
			control(t, "POST", "signal/"+key+"/go", nil)
		}
	}
	if count := seen(t, key)["requests_count"]; text != "one two" || count != 1.0 {
		t.Fatalf("%q, %v requests", text, count)
	}
	for limit := time.Now().Add(10 * time.Second); pollers() > before; runtime.GC() {
		if time.Now().After(limit) {
			t.Fatal("a client that was forgotten still has its goroutine")
		}
	}
}

// pollers counts the goroutines of clients.
func pollers() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("(*nativeClient).poll("))
}

// Every stream ends once, whichever comes first: its end, or the context's.
func TestEndIsDeliveredOnce(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	key := plan(t, hello)
	outcomes := map[string]int{}
	for number := range slowly(400, 20_000) {
		outcomes[endsOnce(t, client.Invoke, ask(key), number%6)]++
	}
	t.Log(outcomes)
	if outcomes["complete"] == 0 {
		t.Error("nothing was complete")
	}
}

// endsOnce reads a stream whose context ends beside its so many-th event, and says how it ended.
func endsOnce(
	t *testing.T, invoke func(context.Context, literllm.Request) *literllm.Stream,
	request literllm.Request, cancelAt int,
) string {
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	var ends []string
	count := 0
	for event, err := range invoke(ctx, request).Events() {
		if count++; count == cancelAt && cancelAt%2 == 0 {
			cancel()
		} else if count == cancelAt {
			go cancel()
		}
		if len(ends) > 0 {
			t.Fatal("something came after the end")
		}
		if _, ok := event.(*literllm.End); ok {
			ends = append(ends, "complete")
		} else if err != nil {
			ends = append(ends, err.(*literllm.Error).Kind.String())
		}
	}
	if len(ends) != 1 || ends[0] != "complete" && ends[0] != "CANCELLED" {
		t.Fatal(ends)
	}
	return ends[0]
}
