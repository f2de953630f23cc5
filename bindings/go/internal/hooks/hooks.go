// Package hooks lets packages of this module do what users of the library need not.
package hooks

import "context"

// Ask sends the request of an operation, as the library takes it, and parses its result. The
// client is a *literllm.Client, which this package cannot name, as literllm imports it.
var Ask func(ctx context.Context, client any, request []byte, into any) error

// SetCause sets the cause of a *literllm.Error.
var SetCause func(failed, cause error)
