//go:build cgo

package literllm

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// convertDurations replaces each duration by its milliseconds. In another option it would become
// a number of nanoseconds, which nobody means. An unknown option of a client is left to the
// library, which names the nearest one; an unknown field of a request would reach the provider.
func convertDurations(fields map[string]any, refuse func(string) *Error, ofClient bool) *Error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		if pointer, ok := value.(*time.Duration); ok && pointer != nil {
			value = *pointer
		}
		duration, ok := value.(time.Duration)
		if !ok {
			continue
		}
		kind, known := optionTypes[name]
		switch {
		case kind != "milliseconds" && (known || !ofClient):
			return refuse(fmt.Sprintf("%s: got the time.Duration %v; only an option in milliseconds "+
				"takes one", name, duration))
		case duration < 0:
			return refuse(fmt.Sprintf("%s: must be at least 0, got %v", name, duration))
		default:
			fields[name] = inMilliseconds(duration)
		}
	}
	return nil
}

// inMilliseconds rounds up: a short timeout must not become 0, which is none at all.
func inMilliseconds(duration time.Duration) int64 {
	whole := duration.Milliseconds()
	if duration%time.Millisecond > 0 {
		whole++
	}
	return whole
}
