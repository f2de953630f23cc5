package literllm

// #include "liter_llm.h"
import "C"

import (
	"encoding/json"
	"time"
)

// Kind says how something failed: the same list, with the same numbers, in every language. Each is
// an error of its own, so that errors.Is(err, literllm.ErrRateLimited) works.
type Kind int32

// The kinds of errors.
const (
	ErrInvalidArgument Kind = C.LLM_ERROR_INVALID_ARGUMENT
	ErrConfig          Kind = C.LLM_ERROR_CONFIG
	ErrInvalidRequest  Kind = C.LLM_ERROR_INVALID_REQUEST
	ErrAuthentication  Kind = C.LLM_ERROR_AUTHENTICATION
	ErrPermission      Kind = C.LLM_ERROR_PERMISSION
	ErrNotFound        Kind = C.LLM_ERROR_NOT_FOUND
	ErrRateLimited     Kind = C.LLM_ERROR_RATE_LIMITED
	ErrQuotaExceeded   Kind = C.LLM_ERROR_QUOTA_EXCEEDED
	ErrOverloaded      Kind = C.LLM_ERROR_OVERLOADED
	ErrProvider        Kind = C.LLM_ERROR_PROVIDER
	ErrNetwork         Kind = C.LLM_ERROR_NETWORK
	ErrTLS             Kind = C.LLM_ERROR_TLS
	ErrTimeout         Kind = C.LLM_ERROR_TIMEOUT
	ErrProtocol        Kind = C.LLM_ERROR_PROTOCOL
	ErrTruncated       Kind = C.LLM_ERROR_TRUNCATED
	ErrTooLarge        Kind = C.LLM_ERROR_TOO_LARGE
	ErrCancelled       Kind = C.LLM_ERROR_CANCELLED
	ErrClosed          Kind = C.LLM_ERROR_CLOSED
	ErrInternal        Kind = C.LLM_ERROR_INTERNAL
)

// String is the kind's name, such as RATE_LIMITED.
func (kind Kind) String() string { return C.GoString(C.llm_error_name(C.LlmError(kind))) }

// Error is the kind's name.
func (kind Kind) Error() string { return kind.String() }

// Error is what went wrong, with what was received before it did. Use errors.As to get at it.
type Error struct {
	Kind    Kind
	Message string
	// Status of the provider's answer; 0 without one.
	Status int
	// Code is the provider's own.
	Code      string
	Provider  string
	RequestID string
	// Retryable says whether another try makes sense; the library has made its own already.
	Retryable bool
	// RetryAfter is what the provider asked for; 0 if it did not.
	RetryAfter time.Duration
	Attempts   int
	// Phase is where it happened: request, connect, headers, body, retry.
	Phase string
	// Timer is the one that ran out, of a timeout.
	Timer string
	// MaybeExecuted says that the provider may have run the request.
	MaybeExecuted bool
	// Detail is the beginning of what the provider said.
	Detail string
	// Partial is what was received; nil where nothing was asked.
	Partial *Response

	cause error
}

// Error says what failed and what to do, in one line, without secrets.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the kind, and the context's error where that ended the stream.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// The fields of an error as the boundary has them.
type errorFields struct {
	Number        int32  `json:"number"`
	Message       string `json:"message"`
	Status        int    `json:"status"`
	Code          string `json:"code"`
	Provider      string `json:"provider"`
	RequestID     string `json:"request_id"`
	Retryable     bool   `json:"retryable"`
	RetryAfterMS  int64  `json:"retry_after_ms"`
	Attempts      int    `json:"attempts"`
	Phase         string `json:"phase"`
	Timer         string `json:"timer"`
	MaybeExecuted bool   `json:"maybe_executed"`
	Detail        string `json:"detail"`
}

func (fields errorFields) error() *Error {
	return &Error{
		Kind:          Kind(fields.Number),
		Message:       fields.Message,
		Status:        fields.Status,
		Code:          fields.Code,
		Provider:      fields.Provider,
		RequestID:     fields.RequestID,
		Retryable:     fields.Retryable,
		RetryAfter:    time.Duration(fields.RetryAfterMS) * time.Millisecond,
		Attempts:      fields.Attempts,
		Phase:         fields.Phase,
		Timer:         fields.Timer,
		MaybeExecuted: fields.MaybeExecuted,
		Detail:        fields.Detail,
	}
}

// An error that this package makes itself.
func failure(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// What the last failing call of this thread said; only on the thread that made the call.
func lastError(number C.LlmError) *Error {
	fields := errorFields{Number: int32(number)}
	text := C.GoString(C.llm_last_error())
	if json.Unmarshal([]byte(text), &fields) != nil || fields.Message == "" {
		fields.Message = Kind(number).String()
	}
	return fields.error()
}
