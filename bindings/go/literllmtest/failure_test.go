package literllmtest_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

// An error that a test makes is the one that the library makes of such a failure.
func TestErrorsAreAsTheLibraryMakesThem(t *testing.T) {
	for _, kind := range []literllm.Kind{literllm.ErrInvalidRequest, literllm.ErrAuthentication,
		literllm.ErrPermission, literllm.ErrNotFound, literllm.ErrRateLimited,
		literllm.ErrQuotaExceeded, literllm.ErrOverloaded, literllm.ErrProvider,
		literllm.ErrNetwork, literllm.ErrTLS, literllm.ErrTimeout, literllm.ErrProtocol,
		literllm.ErrTruncated, literllm.ErrTooLarge, literllm.ErrCancelled} {
		real := happens(t, kind)
		made := literllmtest.Error(kind, "slow")
		if kind != literllm.ErrCancelled && kind != literllm.ErrTruncated &&
			!strings.Contains(real.Message, made.Message) {
			t.Errorf("%s: %q", kind, real.Message)
		}
		if real.Partial.Outcome != made.Partial.Outcome || !made.Partial.Collected ||
			real.Partial.Attempts != made.Partial.Attempts {
			t.Errorf("%s: %+v, not %+v", kind, made.Partial, real.Partial)
		}
		if !errors.Is(made, kind) {
			t.Errorf("%s: %v", kind, made)
		}
		// The text is the provider's, and the cause that of the context.
		*real = literllm.Error{Kind: real.Kind, Status: real.Status, Code: real.Code,
			Provider: real.Provider, RequestID: real.RequestID, Retryable: real.Retryable,
			RetryAfter: real.RetryAfter, Attempts: real.Attempts, Phase: real.Phase,
			Timer: real.Timer, MaybeExecuted: real.MaybeExecuted, Tried: real.Tried,
			RetryBudgetExhausted: real.RetryBudgetExhausted, Detail: real.Detail}
		made.Message, made.Partial = "", nil
		if !reflect.DeepEqual(made, real) {
			t.Errorf("%s:\n%+v, not\n%+v", kind, *made, *real)
		}
	}
}

// happens is the error of a call that fails so.
func happens(t *testing.T, kind literllm.Kind) *literllm.Error {
	t.Helper()
	answer := literllmtest.Fail(kind, "slow")
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	switch kind {
	case literllm.ErrTruncated:
		answer = literllmtest.Text("a").Cut()
	case literllm.ErrCancelled:
		answer = literllmtest.Text("a").Hang()
	}
	script := literllmtest.NewScriptWith(t, []literllm.Option{literllm.WithRetriesMax(0)}, answer)
	var last error
	for _, err := range script.Invoke(ctx, ask("hello")).Tokens() {
		if last = err; kind == literllm.ErrCancelled {
			cancel()
		}
	}
	return literllmtest.AsError(t, last)
}

// What is wrong before anything is sent has no response.
func TestErrorBeforeARequest(t *testing.T) {
	made := literllmtest.Error(literllm.ErrConfig, "no key")
	if made.Partial != nil || made.Attempts != 0 || made.Error() != "no key" {
		t.Errorf("%+v", made)
	}
}

// Options set what a program looks at.
func TestErrorOptions(t *testing.T) {
	partial := literllmtest.Response(t, literllmtest.Text("It rai").Cut())
	made := literllmtest.Error(literllm.ErrRateLimited, "slow",
		literllmtest.RetryAfter(5*time.Millisecond), literllmtest.Status(430),
		literllmtest.Code("busy"), literllmtest.Partial(partial),
		literllmtest.Cause(context.DeadlineExceeded))
	if made.RetryAfter != 5*time.Millisecond || made.Status != 430 || made.Code != "busy" ||
		made.Partial.Text != "It rai" || !errors.Is(made, literllm.ErrRateLimited) ||
		!errors.Is(made, context.DeadlineExceeded) {
		t.Errorf("%+v", made)
	}
	script := literllmtest.NewScriptWith(t, []literllm.Option{literllm.WithRetriesMax(0)},
		literllmtest.Fail(literllm.ErrRateLimited, "slow", literllmtest.Code("busy"),
			literllmtest.RetryAfter(5*time.Millisecond), literllmtest.Status(430)))
	_, err := script.Complete(bounded(t), ask("hello"))
	failed := literllmtest.AsError(t, err)
	if failed.RetryAfter != made.RetryAfter || failed.Status != 430 || failed.Code != "busy" ||
		failed.Kind != literllm.ErrRateLimited {
		t.Errorf("%+v", failed)
	}
}

// A response that a test makes is the one that a call returns.
func TestResponseIsAsACallReturnsIt(t *testing.T) {
	answer := literllmtest.Text("wait").ToolCall("weather", `{"city":"Rome"}`).Usage(1, 2)
	script := literllmtest.NewScript(t, answer)
	request := ask("weather?")
	request.Model = "test-model"
	real := complete(t, script.Client, request)
	real.FirstToken, real.Total = 0, 0
	if made := literllmtest.Response(t, answer); !reflect.DeepEqual(made, real) {
		t.Errorf("%+v, not %+v", made, real)
	}
}
