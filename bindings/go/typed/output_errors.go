package typed

import "errors"

// Why a response is no T, where asking again does not help.
var (
	errRefused    = errors.New("the model refused")
	errCut        = errors.New("it was cut")
	errCallsTools = errors.New("it calls tools; run them, and ask again with their results")
)

func (e *OutputError) canBeRepaired() bool {
	for _, reason := range []error{errRefused, errCut, errCallsTools} {
		if errors.Is(e.Err, reason) {
			return false
		}
	}
	return true
}
