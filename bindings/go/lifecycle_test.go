package literllm_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func tokens(t *testing.T, stream *literllm.Stream) []string {
	t.Helper()
	var all []string
	for token, err := range stream.Tokens() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, token)
	}
	return all
}

func TestEcho(t *testing.T) {
	client := newClient(t)
	stream := client.Invoke(context.Background(), ask(plan(t, hello)))
	if got := tokens(t, stream); !reflect.DeepEqual(got, []string{"Hello", " wide", " world"}) {
		t.Fatalf("%q", got)
	}
	response := stream.Response()
	if response.Outcome != "complete" || response.FinishReason != "stop" || response.Attempts != 1 {
		t.Fatalf("%+v", response)
	}
	whole, err := client.Complete(context.Background(), ask(plan(t, hello)))
	if err != nil || whole.Text != "Hello wide world" || *whole.Usage.OutputTokens != 3 {
		t.Fatalf("%+v %v", whole, err)
	}
}

func TestEventsComeInOrder(t *testing.T) {
	client := newClient(t)
	var kinds []string
	for event, err := range client.Invoke(context.Background(), ask(plan(t, hello))).Events() {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, reflect.TypeOf(event).String())
	}
	want := "*literllm.Start literllm.Text literllm.Text literllm.Text *literllm.End"
	if got := strings.Join(kinds, " "); got != want {
		t.Fatal(got)
	}
}

func TestOrder(t *testing.T) {
	actions := make([]object, 0, 502)
	for number := range 500 {
		actions = append(actions, token(strconv.Itoa(number)+" "))
	}
	actions = append(actions,
		object{"finish": "stop"}, object{"done": true}, object{"chunk_end": true})
	client := newClient(t)
	key := plan(t, streamed(actions...))
	var all sync.WaitGroup
	for range 20 {
		all.Add(1)
		go func() {
			defer all.Done()
			number := 0
			for token, err := range client.Invoke(context.Background(), ask(key)).Tokens() {
				if err != nil || token != strconv.Itoa(number)+" " {
					t.Errorf("%q %v instead of %d", token, err, number)
					return
				}
				number++
			}
			if number != 500 {
				t.Errorf("%d tokens", number)
			}
		}()
	}
	all.Wait()
}

func TestCancelEndsOnce(t *testing.T) {
	client := newClient(t)
	key := plan(t, streamed(token("one "), hang))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ends := 0
	for _, err := range client.Invoke(ctx, ask(key)).Tokens() {
		cancel()
		if err == nil {
			continue
		}
		ends++
		var failed *literllm.Error
		if !errors.As(err, &failed) || failed.Partial.Text != "one " {
			t.Fatalf("%#v", err)
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, literllm.ErrCancelled) {
			t.Fatal(err)
		}
	}
	if ends != 1 {
		t.Fatal(ends)
	}
	waitFor(t, key, "closed=1")
}

func TestDeadlineReachesTheProvider(t *testing.T) {
	client := newClient(t)
	key := plan(t, object{"before_request": []object{hang}})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := client.Complete(ctx, ask(key))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	waitFor(t, key, "closed=1")
	_, err = client.Complete(ctx, ask(key))
	if !errors.Is(err, context.DeadlineExceeded) || seen(t, key)["requests_count"] != 1.0 {
		t.Fatal("a context that is over sends nothing:", err)
	}
}

func TestCloseEndsAll(t *testing.T) {
	client := newClient(t)
	key := plan(t, streamed(token("one "), hang))
	first, ended := make(chan struct{}, 10), make(chan error, 10)
	for range 10 {
		go func() {
			var last error
			for _, err := range client.Invoke(context.Background(), ask(key)).Tokens() {
				if last = err; err == nil {
					first <- struct{}{}
				}
			}
			ended <- last
		}()
	}
	for range 10 {
		<-first
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := <-ended; !errors.Is(err, literllm.ErrClosed) {
			t.Fatal(err)
		}
	}
	if _, err := client.Complete(context.Background(), ask(key)); !errors.Is(err, literllm.ErrClosed) {
		t.Fatal(err)
	}
	client.Close()
}

func TestErrorKinds(t *testing.T) {
	client := newClient(t, literllm.With("retries_max", 0))
	refused := object{"status": 401, "error": object{"message": "wrong key", "type": "t"}}
	busy := object{"status": 429, "headers": [][]string{{"retry-after", "7"}}, "body": "{}"}
	cut := streamed(token("Rust "), object{"reset": true})
	for want, step := range map[literllm.Kind]object{
		literllm.ErrAuthentication: refused, literllm.ErrRateLimited: busy, literllm.ErrTruncated: cut,
	} {
		var err error
		for _, err = range client.Invoke(context.Background(), ask(plan(t, step))).Tokens() {
		}
		var failed *literllm.Error
		if !errors.Is(err, want) || !errors.As(err, &failed) || failed.Attempts != 1 {
			t.Errorf("%v instead of %v", err, want)
		}
	}
	_, err := literllm.New(literllm.With("no_such_option", 1))
	if !errors.Is(err, literllm.ErrConfig) {
		t.Error(err)
	}
	if _, err := client.Complete(context.Background(), literllm.Request{}); err == nil {
		t.Error("a request without a model")
	}
}

func TestUnreadIsBounded(t *testing.T) {
	const pieces, piece = 64_000, 1000
	client := newClient(t, literllm.With("stream_window_bytes", 65536))
	flood := object{"repeat": pieces, "actions": []object{token(strings.Repeat("x", piece))}}
	key := plan(t, streamed(flood))
	for range client.Invoke(context.Background(), ask(key)).Tokens() {
		// The reader pauses, so the provider cannot send more than the kernel's buffers take.
		never(t, key, fmt.Sprintf("bytes=%d", pieces*piece/2))
		break
	}
	waitFor(t, key, "closed=1")
}

func TestNothingIsLeft(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for range 20 {
		client, err := literllm.New(literllm.WithProvider("openai"), literllm.WithAPIKey("k"))
		if err != nil {
			t.Fatal(err)
		}
		key := plan(t, streamed(token("one "), hang))
		ctx, cancel := context.WithCancel(context.Background())
		for range client.Invoke(ctx, ask(key)).Tokens() {
			break
		}
		client.Invoke(ctx, ask(key)) // never read, so never sent
		cancel()
		client.Close()
	}
	goleak.VerifyNone(t, before)
}

func TestInvokeCallsBack(t *testing.T) {
	request := `{"model": "m", "api_key": "k", "base_url": "` + baseURL(plan(t, hello)) +
		`", "messages": [{"role": "user", "content": "hello"}]}`
	var text strings.Builder
	err := literllm.Invoke("openai", request, func(token string) { text.WriteString(token) })
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != "Hello wide world" {
		t.Fatal(text.String())
	}
	err = literllm.Invoke("openai", "{", func(string) {})
	if !errors.Is(err, literllm.ErrInvalidRequest) {
		t.Fatal(err)
	}
}

// A program that ends while streams are live ends as it meant to.
func TestExitWithLiveStream(t *testing.T) {
	if key := os.Getenv("LITER_LLM_EXIT_KEY"); key != "" {
		client, _ := literllm.New(literllm.WithProvider("openai"), literllm.WithAPIKey("k"))
		request := ask("")
		request.BaseURL = key
		for range client.Invoke(context.Background(), request).Tokens() {
			os.Exit(7)
		}
	}
	key := plan(t, streamed(token("one "), hang))
	for range slowly(10, 300) {
		program := exec.Command(os.Args[0], "-test.run=^TestExitWithLiveStream$")
		program.Env = append(os.Environ(), "LITER_LLM_EXIT_KEY="+baseURL(key))
		var exit *exec.ExitError
		if err := program.Run(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Fatal(err)
		}
	}
}
