//go:build cgo

package literllm

// What the package literllmtest needs, and users do not.

import (
	"context"

	"github.com/liter-llm/liter-llm/bindings/go/internal/hooks"
)

func init() {
	hooks.Ask = func(ctx context.Context, client any, request []byte, into any) error {
		asked, _ := client.(*Client)
		return asked.call(ctx, writtenRequest(request)).find(into)
	}
	hooks.SetCause = func(failed, cause error) {
		if failed, ok := failed.(*Error); ok {
			failed.cause = cause
		}
	}
}

// writtenRequest is JSON of an operation that has no function here.
type writtenRequest []byte

func (writtenRequest) provider() string { return "" }

func (writtenRequest) asked() any { return nil }

func (r writtenRequest) json(bool, *bool, *keyFunction) ([]byte, *Error) { return r, nil }
