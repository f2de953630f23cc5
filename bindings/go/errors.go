package literllm

// #include "liter_llm.h"
import "C"

import (
	"encoding/json"
	"time"
)

// Kind is a kind of error. The list and its numbers are the same in every language. Each
// kind is an error of its own: errors.Is(err, literllm.ErrRateLimited) works.
type Kind int32

// String is the kind's name, such as RATE_LIMITED.
func (k Kind) String() string { return C.GoString(C.llm_error_name(C.LlmError(k))) }

// Error is the kind's name.
func (k Kind) Error() string { return k.String() }

// Error is the error of a call, with what was received before it. Use errors.As to get it.
type Error struct {
	// Kind is the kind of the error.
	Kind Kind
	// Message says what failed, with which value, and what to do: one line, without secrets.
	Message string
	// Status is the HTTP status, where one was received; otherwise 0.
	Status int
	// Code is the provider's own code or type.
	Code string
	// Provider is the provider that was asked.
	Provider string
	// RequestID is the provider's request id.
	RequestID string
	// Retryable says whether sending the same request again can succeed. The library has made its
	// own retries already.
	Retryable bool
	// RetryAfter is how long the provider asked to wait; 0 if it did not.
	RetryAfter time.Duration
	// Attempts is how many requests were sent.
	Attempts int
	// Phase is where the last attempt failed: request, connect, headers, body or retry.
	Phase string
	// Timer is the timer that ran out, with ErrTimeout: key, connect, headers, first_token, idle or
	// total.
	Timer string
	// MaybeExecuted says whether the provider may have run the request, and may bill it.
	MaybeExecuted bool
	// RetryBudgetExhausted says that it was not tried again only because the client's retry_budget is
	// used up.
	RetryBudgetExhausted bool
	// Tried are all attempts of the call in order, where there were several or fallbacks; at most
	// the last 64.
	Tried []Tried
	// Detail is what the provider's error says beside message and code, as JSON, or the beginning of
	// a body that could not be used.
	Detail string
	// Partial is what was received; nil where nothing was sent.
	Partial *Response

	cause error
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the kind, and the context's error where the context ended the stream, or that of
// the function that gives its key.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// errorFields are the fields of an error as the library has them.
type errorFields struct {
	Number               int32   `json:"number"`
	Message              string  `json:"message"`
	Status               int     `json:"status"`
	Code                 string  `json:"code"`
	Provider             string  `json:"provider"`
	RequestID            string  `json:"request_id"`
	Retryable            bool    `json:"retryable"`
	RetryAfterMS         int64   `json:"retry_after_ms"`
	Attempts             int     `json:"attempts"`
	Phase                string  `json:"phase"`
	Timer                string  `json:"timer"`
	MaybeExecuted        bool    `json:"maybe_executed"`
	RetryBudgetExhausted bool    `json:"retry_budget_exhausted"`
	Tried                []Tried `json:"tried"`
	Detail               string  `json:"detail"`
}

func (f errorFields) error() *Error {
	return &Error{
		Kind:                 Kind(f.Number),
		Message:              f.Message,
		Status:               f.Status,
		Code:                 f.Code,
		Provider:             f.Provider,
		RequestID:            f.RequestID,
		Retryable:            f.Retryable,
		RetryAfter:           time.Duration(f.RetryAfterMS) * time.Millisecond,
		Attempts:             f.Attempts,
		Phase:                f.Phase,
		Timer:                f.Timer,
		MaybeExecuted:        f.MaybeExecuted,
		RetryBudgetExhausted: f.RetryBudgetExhausted,
		Tried:                f.Tried,
		Detail:               f.Detail,
	}
}

// newError is an error that this package makes itself.
func newError(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// lastError is what the last failing call of this thread said; it must be asked on that thread.
func lastError(number C.LlmError) *Error {
	fields := errorFields{Number: int32(number)}
	text := C.GoString(C.llm_last_error())
	if json.Unmarshal([]byte(text), &fields) != nil || fields.Message == "" {
		fields.Message = Kind(number).String()
	}
	return fields.error()
}
