package literllmtest

import (
	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/internal/hooks"
)

// Error is an error of a call, with what the library sets for its kind after one attempt: status,
// phase, whether to try again, and an empty partial response where something was sent. Options and
// the fields of the error change that.
func Error(kind literllm.Kind, message string, options ...ErrorOption) *literllm.Error {
	given := read(options)
	failed := defaults(kind)
	failed.Kind, failed.Message = kind, message
	failed.Code, failed.RetryAfter = given.code, given.retryAfter
	if given.status != 0 {
		failed.Status = given.status
	}
	if given.partial != nil {
		failed.Partial = given.partial
	}
	if given.cause != nil {
		hooks.SetCause(failed, given.cause)
	}
	return failed
}

// defaults is an error as its kind is when a provider causes it.
func defaults(kind literllm.Kind) *literllm.Error {
	failed := &literllm.Error{Provider: literllm.ProviderScript, Attempts: 1, Phase: "headers"}
	outcome := literllm.OutcomeFailed
	switch kind {
	case literllm.ErrInvalidRequest:
		failed.Status = 400
	case literllm.ErrAuthentication:
		failed.Status = 401
	case literllm.ErrPermission:
		failed.Status = 403
	case literllm.ErrNotFound:
		failed.Status = 404
	case literllm.ErrTooLarge:
		failed.Status = 413
	case literllm.ErrQuotaExceeded:
		failed.Status = 429
	case literllm.ErrRateLimited:
		failed.Status, failed.Retryable = 429, true
	case literllm.ErrProvider:
		failed.Status, failed.Retryable = 500, true
	case literllm.ErrOverloaded:
		failed.Status, failed.Retryable = 529, true
	case literllm.ErrNetwork:
		failed.Retryable = true
	case literllm.ErrTimeout:
		failed.Retryable, failed.Timer = true, "headers"
	case literllm.ErrTLS, literllm.ErrProtocol:
	case literllm.ErrTruncated:
		failed.Status, failed.Phase, failed.MaybeExecuted = 200, "body", true
		outcome = literllm.OutcomeTruncated
	case literllm.ErrCancelled:
		failed.Status, failed.Phase, failed.MaybeExecuted = 200, "body", true
		outcome = literllm.OutcomeCancelled
	default:
		// What fails before anything is sent.
		return &literllm.Error{}
	}
	failed.Partial = &literllm.Response{Collected: true,
		Receipt: literllm.Receipt{Outcome: outcome, Attempts: 1}}
	return failed
}
