package literllm_test

import (
	"context"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// bounded is a context that ends a test which would hang.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// mixed is a response of more than 32 KiB in pieces of 1 to 100 characters, with reasoning and a
// tool call between, and what its text is.
func mixed() (object, string) {
	random := rand.New(rand.NewSource(1))
	var text strings.Builder
	var actions []object
	call := `{"tool_calls": [{"index": 0, "id": "c", "type": "function", ` +
		`"function": {"name": "f", "arguments": "{}"}}]}`
	for number := range 400 {
		piece := fmt.Sprintf("%d%s", number, strings.Repeat("é\U0001F600x", 1+random.Intn(25)))
		text.WriteString(piece)
		actions = append(actions, token(piece))
		if number%10 == 0 {
			thought := fmt.Sprintf(`{"reasoning_content": "%s"}`, strings.Repeat("hm ", number))
			actions = append(actions, object{"sse": choices(thought, "null")})
		}
	}
	actions = append(actions, object{"sse": choices(call, "null")}, object{"finish": "tool_calls"},
		object{"done": true}, object{"chunk_end": true})
	return streamed(actions...), text.String()
}

type way func(context.Context, *literllm.Client, literllm.Request) (string, error)

// The ways of reading, each of which returns all of the text.
var ways = map[string]way{
	"tokens": readTokens, "events": readEvents, "complete": readStreamed, "whole": readWhole,
}

func readTokens(
	ctx context.Context, client *literllm.Client, request literllm.Request,
) (string, error) {
	var text strings.Builder
	for token, err := range client.Invoke(ctx, request).Tokens() {
		if err != nil {
			return text.String(), err
		}
		text.WriteString(token)
	}
	return text.String(), nil
}

func readEvents(
	ctx context.Context, client *literllm.Client, request literllm.Request,
) (string, error) {
	var text strings.Builder
	for event, err := range client.Invoke(ctx, request).Events() {
		if err != nil {
			return text.String(), err
		}
		if piece, ok := event.(literllm.Text); ok {
			text.WriteString(string(piece))
		}
	}
	return text.String(), nil
}

func readStreamed(
	ctx context.Context, client *literllm.Client, request literllm.Request,
) (string, error) {
	streams := true
	request.Stream = &streams
	response, err := client.Complete(ctx, request)
	if err != nil {
		return "", err
	}
	return response.Text, nil
}

func readWhole(
	ctx context.Context, client *literllm.Client, request literllm.Request,
) (string, error) {
	response, err := client.Complete(ctx, request)
	if err != nil {
		return "", err
	}
	return response.Text, nil
}

func TestSmallWindows(t *testing.T) {
	leavesNothing(t)
	step, text := mixed()
	whole := object{"answer": object{"text": text}}
	for _, window := range []any{nil, 1, 7, 100, 4096, 16*1024 - 1, uint64(16 * 1024), 65536} {
		client := newClient(t, literllm.With("stream_window_bytes", window))
		for name, read := range ways {
			played := step
			if name == "whole" {
				played = whole
			}
			got, err := read(bounded(t), client, ask(plan(t, played)))
			if err != nil || got != text {
				t.Errorf("window %v, %s: %v after %d of %d", window, name, err, len(got), len(text))
			}
		}
	}
}

// What was not read is not acknowledged: the library delivers the window and no more.
func TestAcknowledgesWhatWasRead(t *testing.T) {
	leavesNothing(t)
	const window, piece, pieces, rounds = 64 * 1024, 4096, 16_000, 256
	flood := object{"repeat": pieces, "actions": []object{token(strings.Repeat("x", piece))}}
	client := newClient(t, literllm.With("stream_window_bytes", window))
	key := plan(t, streamed(flood))
	stream := client.Invoke(bounded(t), ask(key))
	// At most the window is pending, and what one read of the library may go past it.
	check := func(round int) {
		if pending := stream.PendingBytes(); pending > window+2*16*1024 {
			t.Errorf("%d bytes are pending after %d pieces", pending, round)
		}
	}
	round := 0
	for _, err := range stream.Tokens() {
		if err != nil {
			t.Fatal(err)
		}
		// Asking the mock gives the provider time to send what the window allows.
		waitFor(t, key, "bytes=1")
		check(round)
		if round++; round == rounds {
			never(t, key, fmt.Sprintf("bytes=%d", pieces*piece/2))
			check(round)
			break
		}
	}
	waitFor(t, key, "closed=1")
}
