package literllm_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func invocation(key string) string {
	return `{"model": "m", "api_key": "k", "base_url": "` + baseURL(key) +
		`", "messages": [{"role": "user", "content": "hello"}]}`
}

// What a callback panics with reaches the caller, on its goroutine and at once: the provider does
// not come to an end here.
func TestCallbackPanicReachesTheCaller(t *testing.T) {
	key := oneThenHang(t)
	mine := errors.New("mine")
	calls := 0
	func() {
		defer func() {
			if got := recover(); got != mine {
				t.Errorf("%v instead of the value", got)
			}
		}()
		err := literllm.Invoke("openai", invocation(key), func(string) { calls++; panic(mine) })
		t.Errorf("it returned %v", err)
	}()
	if calls != 1 {
		t.Error(calls)
	}
	waitFor(t, key, "closed=1")
}

// A callback may end its goroutine, as t.FailNow does; the next call does not notice.
func TestCallbackEndsItsGoroutine(t *testing.T) {
	key := oneThenHang(t)
	var ended sync.WaitGroup
	ended.Add(1)
	go func() {
		defer ended.Done()
		_ = literllm.Invoke("openai", invocation(key), func(string) { runtime.Goexit() })
		t.Error("it returned")
	}()
	ended.Wait()
	waitFor(t, key, "closed=1")
	if err := literllm.Invoke("openai", invocation(plan(t, hello)), func(string) {}); err != nil {
		t.Error(err)
	}
}

// All calls share connections, and a callback may call again.
func TestInvokeSharesConnections(t *testing.T) {
	key := plan(t, hello)
	inner := 0
	for range 2 {
		err := literllm.Invoke("openai", invocation(key), func(string) {
			err := literllm.Invoke("openai", invocation(plan(t, hello)), func(string) { inner++ })
			if err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if inner != 18 {
		t.Error(inner)
	}
	if connections := seen(t, key)["connections"]; connections != nil && connections != 1.0 {
		t.Error(connections)
	}
}

// A key that is set after the first call is found.
func TestInvokeReadsTheEnvironmentAgain(t *testing.T) {
	key := plan(t, hello)
	request := strings.Replace(invocation(key), `"api_key": "k", `, "", 1)
	for index, secret := range []string{"first-key-0123456789", "second-key-0123456789"} {
		t.Setenv("OPENAI_API_KEY", secret)
		if err := literllm.Invoke("openai", request, func(string) {}); err != nil {
			t.Fatal(err)
		}
		requests := seen(t, key)["requests"].([]any)
		if sent := fmt.Sprint(requests[index]); !strings.Contains(sent, secret) {
			t.Error(sent)
		}
	}
}
