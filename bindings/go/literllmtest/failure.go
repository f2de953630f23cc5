package literllmtest

import (
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// ErrorOption sets more of a failure: [Status], [Code], [RetryAfter], [Partial], [Cause].
type ErrorOption func(*failure)

type failure struct {
	status     int
	code       string
	retryAfter time.Duration
	partial    *literllm.Response
	cause      error
}

// Status sets the HTTP status; by default it is one that the kind has.
func Status(status int) ErrorOption { return func(f *failure) { f.status = status } }

// Code sets the provider's own code.
func Code(code string) ErrorOption { return func(f *failure) { f.code = code } }

// RetryAfter sets the wait that the provider asks for, in whole milliseconds.
func RetryAfter(wait time.Duration) ErrorOption {
	return func(f *failure) { f.retryAfter = wait }
}

// Partial sets what was received before the failure, for [Error]. An answer of a script has its
// content instead: Text("It").Fail(...).
func Partial(response *literllm.Response) ErrorOption {
	return func(f *failure) { f.partial = response }
}

// Cause sets what else errors.Is and errors.As find, for [Error]: context.Canceled, or the error of
// a function that gives keys.
func Cause(cause error) ErrorOption { return func(f *failure) { f.cause = cause } }

func read(options []ErrorOption) (read failure) {
	for _, option := range options {
		option(&read)
	}
	return read
}

// Fail answers with a failure. Each attempt of a call takes an answer of its own, so where the kind
// is retried there have to be as many as attempts, or [Answer.Always], or the client has
// literllm.WithRetriesMax(0). [RetryAfter] makes the wait before a retry as short as a tenth of the
// library's own.
func Fail(kind literllm.Kind, message string, options ...ErrorOption) Answer {
	return Answer{}.Fail(kind, message, options...)
}

// RateLimited answers that too many requests were sent, and when to send the next.
func RateLimited(retryAfter time.Duration) Answer {
	return Fail(literllm.ErrRateLimited, "slow down", RetryAfter(retryAfter))
}

// Fail sets a failure behind the content.
func (a Answer) Fail(kind literllm.Kind, message string, options ...ErrorOption) Answer {
	given := read(options)
	failed := map[string]any{"kind": kind.String(), "message": message}
	if given.status != 0 {
		failed["status"] = given.status
	}
	if given.code != "" {
		failed["code"] = given.code
	}
	if given.retryAfter != 0 {
		failed["retry_after_ms"] = inMS(given.retryAfter)
	}
	if given.partial != nil {
		a = a.wrong("Fail: the content of an answer stands before its failure, as in " +
			"Text(...).Fail(...); Partial is for Error")
	}
	if given.cause != nil {
		a = a.wrong("Fail: what a provider answers has no cause in Go; Cause is for Error")
	}
	return a.With("error", failed)
}
