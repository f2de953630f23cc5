//go:build cgo

package literllm

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

// How many numbers are made room for before they have come: the provider says how long vectors are,
// and must not have this process reserve all of its memory.
const reservedNumbersMax = 64 << 20

// vectors are those of one call, one behind the other in one allocation.
type vectors struct {
	// How many inputs the call has; 0 where that is not known.
	inputs     int
	dimensions int
	values     []float32
}

// add copies so many vectors, which are little-endian 32-bit floats.
func (v *vectors) add(data []byte, count int) {
	numbers := len(data) / 4
	if count == 0 || numbers == 0 {
		return
	}
	if v.values == nil {
		v.dimensions = numbers / count
		// Of a vector that is longer than the limit there is room for one.
		room := min(v.inputs, reservedNumbersMax/v.dimensions) * v.dimensions
		v.values = make([]float32, 0, max(room, numbers))
	}
	v.values = appendFloats(v.values, data, binary.NativeEndian.Uint16([]byte{1, 0}) == 1)
}

// appendFloats copies the bytes as they are where this machine has floats in the same form.
func appendFloats(values []float32, data []byte, sameForm bool) []float32 {
	if sameForm {
		// The library aligns them.
		floats := (*float32)(unsafe.Pointer(unsafe.SliceData(data)))
		return append(values, unsafe.Slice(floats, len(data)/4)...)
	}
	values = slices.Grow(values, len(data)/4)
	for ; len(data) >= 4; data = data[4:] {
		values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return values
}

// split returns each vector. One that is appended to is copied, so none grows into the next.
func (v *vectors) split() [][]float32 {
	if len(v.values) == 0 {
		return nil
	}
	all := make([][]float32, 0, len(v.values)/v.dimensions)
	for vector := range slices.Chunk(v.values, v.dimensions) {
		all = append(all, vector)
	}
	return all
}
