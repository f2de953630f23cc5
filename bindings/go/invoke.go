package literllm

// #include "liter_llm.h"
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
)

// Invoke sends one request and calls back with every piece of text, on the caller's goroutine,
// until the response is whole. It blocks. A panic in the callback closes the connection at once and
// reaches the caller, and so does runtime.Goexit. requestJSON is the request as JSON. The error is
// an *[Error]. All calls share one client, with its connections and its retry budget; its keys come
// from the environment, which is read at the first call and again when it has changed. Where the
// request's operation is rerank, models, count_tokens or batch it calls back once, with the JSON of
// what was found, and of the results of a batch once for each row; an embed is [ErrInvalidRequest],
// since vectors are not text.
func Invoke(provider, requestJSON string, token func(token string)) error {
	if failed := checkABI(); failed != nil {
		return failed
	}
	if token == nil {
		return newError(ErrInvalidArgument, "the callback is nil; give a func(token string)")
	}
	if isEmbed(requestJSON) {
		return invalidRequest("Invoke hands over text, and embed has vectors; call Client.Embed")
	}
	client, failed := invokeClient.get()
	if failed != nil {
		return failed
	}
	stream := &Stream{client: client.native, keep: client, ctx: context.Background()}
	request := bytes.ToValidUTF8([]byte(requestJSON), []byte("\uFFFD"))
	if failed := stream.start(provider, request); failed != nil {
		return failed
	}
	defer stream.drop()
	return stream.each(func(i *item) bool {
		if found, ok := i.event.(result); ok {
			token(string(found))
		}
		return !i.isText || i.eachDelta(func(delta string) bool { token(delta); return true })
	})
}

// isEmbed parses a request only if it may be one for vectors.
func isEmbed(requestJSON string) bool {
	var named struct {
		Operation string `json:"operation"`
	}
	return strings.Contains(requestJSON, `"embed"`) &&
		json.Unmarshal([]byte(requestJSON), &named) == nil && named.Operation == "embed"
}

var invokeClient sharedClient

// sharedClient is the client of all calls of Invoke.
type sharedClient struct {
	mutex       sync.Mutex
	client      *Client
	environment string
}

// get returns the client that was made under the environment as it is now. An older one is closed
// by its finalizer once its last stream has ended.
func (s *sharedClient) get() (*Client, *Error) {
	environment := strings.Join(os.Environ(), "\x00")
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.client == nil || s.environment != environment {
		client, failed := newClient(nil)
		if failed != nil {
			return nil, failed
		}
		s.client, s.environment = client, environment
	}
	return s.client, nil
}
