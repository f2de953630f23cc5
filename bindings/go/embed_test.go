package literllm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func embedding(key string, input any) literllm.EmbedRequest {
	return literllm.EmbedRequest{Model: "test-model", Input: input, BaseURL: baseURL(key)}
}

// texts are so many that differ.
func texts(count int) []string {
	list := make([]string, count)
	for index := range list {
		list[index] = fmt.Sprintf("text %d", index)
	}
	return list
}

// One vector for each input, in the order of the inputs, in one allocation.
func TestEmbed(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	input := texts(5)
	request := embedding(plan(t, hello), input)
	request.Dimensions, request.InputsPerRequest = 16, 2
	response, err := client.Embed(bounded(t), request)
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Vectors) != 5 || response.Dimensions != 16 || response.Count != 5 ||
		response.Requests != 3 || response.Provider != "openai" || response.Outcome != "complete" ||
		response.Usage == nil || response.FailedRanges != nil || response.Total <= 0 {
		t.Errorf("%+v", response)
	}
	if len(response.Values) != 80 || cap(response.Values) != 80 {
		t.Errorf("%d numbers in room for %d", len(response.Values), cap(response.Values))
	}
	for index, vector := range response.Vectors {
		if &vector[0] != &response.Values[16*index] || cap(vector) != 16 {
			t.Errorf("vector %d is elsewhere, or may grow into the next", index)
		}
		// Alone it has the same vector.
		alone := embedding(plan(t, hello), input[index])
		alone.Dimensions = 16
		same, err := client.Embed(bounded(t), alone)
		if err != nil || !slices.Equal(same.Values, vector) {
			t.Errorf("input %d has the vector of another: %v", index, err)
		}
	}
}

func TestEmbedTakesEveryFormOfInput(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	for _, test := range []struct {
		input any
		count int
	}{
		{"one", 1}, {[]string{"a", "b"}, 2}, {[]any{"a", "b"}, 2}, {[][]int{{1, 2}, {3}}, 2},
		{[]string{}, 0}, {[]string(nil), 0}, {[2]string{"a", "b"}, 2},
	} {
		response, err := client.Embed(bounded(t), embedding(plan(t, hello), test.input))
		if err != nil || len(response.Vectors) != test.count || response.Count != test.count {
			t.Errorf("%v: %+v %v", test.input, response, err)
		}
	}
}

func TestEmbedRefusesWhatIsNoInput(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	for want, input := range map[string]any{
		"input: expected text, got []byte":            []byte("text"),
		"input[1]: expected text":                     []any{"a", []byte("b")},
		"input[0]: expected text":                     [][]byte{[]byte("b")},
		"input[1] is empty":                           []string{"a", ""},
		"input[0]: expected a JSON value, got func()": []any{func() {}},
		"input is missing":                            nil,
	} {
		key := plan(t, hello)
		_, err := client.Embed(bounded(t), embedding(key, input))
		if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and %s expected", err, want)
		}
		if count := seen(t, key)["requests_count"]; count != 0.0 {
			t.Errorf("%s: %v requests", want, count)
		}
	}
	chat := ask(plan(t, hello))
	chat.Extra = map[string]any{"operation": "embed"}
	_, err := client.Complete(bounded(t), chat)
	if !errors.Is(err, literllm.ErrInvalidRequest) ||
		!strings.Contains(err.Error(), "call Complete, Embed") {
		t.Error(err)
	}
}

// What came is kept when a part fails, and the error says which inputs it belongs to.
func TestEmbedThatFailsKeepsVectors(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	refused := object{"status": 400, "error": object{"message": "no"}}
	// Four parts run at once: the first eight are answered before one is refused.
	key := plan(t, object{"answer": object{"text": ""}, "times": 8}, refused)
	request := embedding(key, texts(20))
	request.InputsPerRequest = 1
	_, err := client.Embed(bounded(t), request)
	var failed *literllm.Error
	if !errors.As(err, &failed) || failed.Kind != literllm.ErrInvalidRequest || failed.Status != 400 {
		t.Fatalf("%+v", err)
	}
	partial, finished := failed.Partial, 0
	covered := slices.Concat(partial.FinishedRanges, partial.FailedRanges)
	slices.SortFunc(covered, func(a, b [2]int) int { return a[0] - b[0] })
	end := 0
	for _, between := range covered {
		if between[0] != end {
			t.Errorf("ranges %v", covered)
		}
		end = between[1]
	}
	vectors := partial.Vectors
	for _, between := range partial.FinishedRanges {
		for input := between[0]; input < between[1]; input++ {
			alone, err := client.Embed(bounded(t),
				embedding(plan(t, hello), fmt.Sprintf("text %d", input)))
			if err != nil || !slices.Equal(alone.Values, vectors[finished]) {
				t.Errorf("input %d has the vector of another: %v", input, err)
			}
			finished++
		}
	}
	if end != 20 || finished == 0 || finished != len(vectors) || partial.Count != finished {
		t.Errorf("%d of %d vectors, %v", finished, len(vectors), covered)
	}
}

// A window that is smaller than an event opens again, because what was read is acknowledged.
func TestEmbedInSmallWindows(t *testing.T) {
	leavesNothing(t)
	var want []float32
	for _, window := range []int{1, 100, 4096, 256 * 1024} {
		client := newClient(t, literllm.WithStreamWindowBytes(window))
		request := embedding(plan(t, hello), texts(300))
		request.Dimensions, request.InputsPerRequest = 512, 64
		response, err := client.Embed(bounded(t), request)
		if err != nil || len(response.Vectors) != 300 {
			t.Fatalf("window %d: %v", window, err)
		}
		if want == nil {
			want = response.Values
		}
		if !slices.Equal(response.Values, want) {
			t.Errorf("window %d: other vectors", window)
		}
	}
}

// The context closes every connection, in whichever part the call is.
func TestEmbedIsCancelled(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	key := plan(t, object{"before_request": []object{hang}})
	request := embedding(key, texts(8))
	request.InputsPerRequest = 2
	ctx, cancel := context.WithCancel(bounded(t))
	go func() {
		defer cancel()
		waitFor(t, key, "requests=4")
	}()
	_, err := client.Embed(ctx, request)
	var failed *literllm.Error
	if !errors.As(err, &failed) || failed.Kind != literllm.ErrCancelled ||
		!errors.Is(err, context.Canceled) || failed.Partial.Vectors != nil ||
		!slices.Equal(failed.Partial.FailedRanges, [][2]int{{0, 8}}) {
		t.Errorf("%+v", err)
	}
	waitFor(t, key, "closed=4")
}

// The bytes that come are copied once, to where they stay; each counts for the window.
func TestVectorsAreCopiedOnce(t *testing.T) {
	var data bytes.Buffer
	want := []float32{1, -2.5, math.MaxFloat32, math.SmallestNonzeroFloat32, 0, 7}
	binary.Write(&data, binary.LittleEndian, want)
	for _, sameForm := range []bool{true, false} {
		got := literllm.AppendFloats([]float32{9}, slices.Clone(data.Bytes()), sameForm)
		if !slices.Equal(got[1:], want) {
			t.Errorf("%v", got)
		}
	}
	for inputs, room := range map[int]int{9: 18, 0: 6, 3: 6, 1 << 40: 64 << 20} {
		stream := literllm.NewScripted()
		stream.Vectors(inputs, data.Bytes(), 3)
		stream.Vectors(inputs, nil, 0)
		stream.End(`{"outcome": "complete"}`)
		if _, err := stream.Read(); err != nil || stream.Acknowledged() != data.Len() {
			t.Errorf("%d bytes acknowledged: %v", stream.Acknowledged(), err)
		}
		vectors, reserved := stream.Embedded()
		if reserved < room || reserved > room+room/4 || !slices.Equal(vectors[2], want[4:]) {
			t.Errorf("%d inputs: room for %d, %v", inputs, reserved, vectors)
		}
	}
}
