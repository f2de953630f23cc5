package literllm

// #include "liter_llm.h"
import "C"

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
)

// Invoke sends one request and calls back for every piece of text, on this goroutine, until the
// answer is whole. It blocks; a panic of the callback, and the end of its goroutine, close the
// connection at once and go on to the caller. requestJSON is the request as JSON. The error is an
// *Error. All calls share connections, retries and one client, which stays; its keys come from the
// environment, which is read at the first call and again when it has changed.
func Invoke(provider, requestJSON string, token func(token string)) error {
	if failed := checkABI(); failed != nil {
		return failed
	}
	client, failed := invoker.get()
	if failed != nil {
		return failed
	}
	stream := &Stream{client: client.client, keep: client, ctx: context.Background()}
	request := bytes.ToValidUTF8([]byte(requestJSON), []byte("\uFFFD"))
	if failed := stream.start(provider, request); failed != nil {
		return failed
	}
	defer stream.drop()
	return stream.each(func(item *item) bool {
		return !item.isText || item.cut(func(piece string) bool { token(piece); return true })
	})
}

var invoker sharedClient

// sharedClient is the client of all calls of Invoke.
type sharedClient struct {
	mutex       sync.Mutex
	client      *Client
	environment string
}

// get gives the client that fits the environment as it is now. One that does not any more is
// closed when the last stream of it has ended and it is collected.
func (shared *sharedClient) get() (*Client, *Error) {
	environment := strings.Join(os.Environ(), "\x00")
	shared.mutex.Lock()
	defer shared.mutex.Unlock()
	if shared.client == nil || shared.environment != environment {
		client, failed := newClient(nil)
		if failed != nil {
			return nil, failed
		}
		shared.client, shared.environment = client, environment
	}
	return shared.client, nil
}
