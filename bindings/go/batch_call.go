//go:build cgo

package literllm

import (
	"encoding/json"
	"fmt"
)

// What a batch sends, its rows among it.

// batchCall is any request about batches.
type batchCall struct {
	Action string `json:"action"`
	Batch  string `json:"batch,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	BatchRequest
}

// batchOf is a request about a batch that was submitted, or about all of them.
func batchOf(action, batch string, options []Option) *batchCall {
	return &batchCall{Action: action, Batch: batch, BatchRequest: BatchRequest{Options: options}}
}

func (r *batchCall) provider() string { return r.Provider }

func (r *batchCall) asked() any { return &r.BatchRequest }

func (r *batchCall) json(_ bool, collect *bool, key *keyFunction) ([]byte, *Error) {
	sent := struct {
		Operation string `json:"operation"`
		batchCall
		Requests []sentRow `json:"requests,omitempty"`
	}{Operation: "batch", batchCall: *r}
	for index := range r.Requests {
		row, failed := r.Requests[index].sent()
		if failed != nil {
			failed.Message = fmt.Sprintf("requests[%d].request.%s", index, failed.Message)
			return nil, failed
		}
		sent.Requests = append(sent.Requests, row)
	}
	return more{sent.Operation, r.Options, r.Extra, collect, key}.to(sent)
}

// sentRow is a row as the library takes it.
type sentRow struct {
	ID      string `json:"id"`
	Request any    `json:"request"`
}

func (r *BatchRow) sent() (sentRow, *Error) {
	sent := sentRow{r.ID, r.Request}
	var failed *Error
	switch request := r.Request.(type) {
	case Request:
		sent.Request, failed = chatRow(&request)
	case *Request:
		sent.Request, failed = chatRow(request)
	case EmbedRequest:
		sent.Request, failed = embedRow(&request)
	case *EmbedRequest:
		sent.Request, failed = embedRow(request)
	}
	return sent, failed
}

func chatRow(request *Request) (any, *Error) {
	if request == nil {
		return nil, nil
	}
	sent := *request
	sent.Stream = nil
	if failed := sent.check(); failed != nil {
		return nil, failed
	}
	return rowJSON("chat", sent, sent.Options, sent.Extra)
}

func embedRow(request *EmbedRequest) (any, *Error) {
	if request == nil {
		return nil, nil
	}
	// The same fields as those of a call, its operation included.
	sent := *request
	sent.Options, sent.Extra = nil, nil
	text, failed := sent.json(false, new(bool), new(keyFunction))
	if failed != nil {
		return nil, failed
	}
	return rowJSON("embed", json.RawMessage(text), request.Options, request.Extra)
}

// rowJSON refuses options, since those that a client alone has would go to the provider.
func rowJSON(operation string, request any, options []Option, extra map[string]any) (any, *Error) {
	if len(options) > 0 {
		return nil, invalidRequest("Options: these are of a call, not of a row; set them in the " +
			"BatchRequest")
	}
	fields := more{operation: operation, extra: extra, collect: new(bool), key: new(keyFunction)}
	text, failed := fields.to(request)
	return json.RawMessage(text), failed
}
