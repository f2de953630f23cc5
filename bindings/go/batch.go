//go:build cgo

package literllm

import (
	"context"
	"iter"
)

// BatchRequest submits a batch: requests that the provider answers within a day at a lower price.
// What is not set is not sent.
type BatchRequest struct {
	// Provider names the provider to ask. It takes precedence over the client's and over the prefix
	// of the rows' models.
	Provider string `json:"provider,omitempty"`
	// Requests are the rows. All of them are for one operation. One that is wrong is found before
	// anything is sent.
	Requests []BatchRow `json:"requests,omitempty"`
	// Metadata are labels for the provider's own records, beside the library's own, liter_batch.
	Metadata map[string]string `json:"metadata,omitempty"`
	// ExpiresAfterS is how many seconds the provider keeps the files of the batch, where it can be
	// told.
	ExpiresAfterS int `json:"expires_after_s,omitempty"`
	// APIKey is the key for this call.
	APIKey string `json:"api_key,omitempty"`
	// BaseURL is the base URL for this call. The handle of the batch has it too.
	BaseURL string `json:"base_url,omitempty"`
	// Headers are sent beside the client's, and take precedence over them.
	Headers map[string]string `json:"headers,omitempty"`
	// Options are the options of this call. They take precedence over the client's and over the
	// fields above.
	Options []Option `json:"-"`
	// Extra holds any other fields, by their JSON names. Fields that the library does not know are
	// sent unchanged with what makes the batch. Extra takes precedence over Options.
	Extra map[string]any `json:"-"`
}

// BatchRow is one request of a batch.
type BatchRow struct {
	// ID is your own name of the row, which its result has again.
	ID string `json:"id"`
	// Request is what is asked: a [Request], an [EmbedRequest], a pointer to one, or an object with
	// the fields of one. It has no options of a call, such as APIKey: those of the [BatchRequest]
	// hold for all rows. Stream and Collect of a Request are not used.
	Request any `json:"request"`
}

// Batch is a batch and how far it is. What the provider does not say is zero.
type Batch struct {
	// Batch is the handle: text that finds the batch again, also after the process. It has no key,
	// but may have a base URL, to which the key is sent: take it from nobody whom you would not let
	// name one.
	Batch string `json:"batch"`
	// ID is the provider's id.
	ID string `json:"id"`
	// Provider is the provider that has it.
	Provider string `json:"provider"`
	// State is validating, running, cancelling, ended (there may be results) or failed (nothing ran).
	State string `json:"state"`
	// StateRaw is the provider's own state.
	StateRaw any `json:"state_raw"`
	// Counts are rows, as far as they are counted: total, pending, succeeded, failed, cancelled,
	// expired.
	Counts map[string]int64 `json:"counts"`
	// CreatedAt is when it was made, in seconds since 1970.
	CreatedAt int64 `json:"created_at"`
	// EndedAt is when it ended, in seconds since 1970.
	EndedAt int64 `json:"ended_at"`
	// ExpiresAt is when what has not run by then expires, in seconds since 1970.
	ExpiresAt int64 `json:"expires_at"`
	// Model is the model of all rows.
	Model string `json:"model"`
	// Endpoint is the address that all rows are for.
	Endpoint string `json:"endpoint"`
	// Metadata are the labels that it was submitted with; liter_batch is the library's.
	Metadata map[string]any `json:"metadata"`
	// Err is an *[Error] that says why the batch failed; nil for one that did not.
	Err error `json:"-"`
	// Raw is the provider's own object; numbers are a json.Number.
	Raw map[string]any `json:"raw"`
}

// SubmitBatch sends rows, and returns the new batch, whose handle finds it again. Where the answer
// is lost, MaybeExecuted of the error is set and nothing is sent again: [Client.ListBatches] shows
// whether there is a batch. The error is an *[Error].
func (c *Client) SubmitBatch(ctx context.Context, request BatchRequest) (*Batch, error) {
	return c.batch(ctx, &batchCall{Action: "submit", BatchRequest: request})
}

// BatchStatus says how far a batch is, of which it takes the handle. Nothing polls for you: ask
// every 30 seconds at first, and later every 10 minutes. The error is an *[Error].
func (c *Client) BatchStatus(ctx context.Context, batch string, options ...Option) (*Batch, error) {
	return c.batch(ctx, batchOf("status", batch, options))
}

// CancelBatch has the provider stop a batch, of which it takes the handle. What has been answered
// stays. The error is an *[Error].
func (c *Client) CancelBatch(ctx context.Context, batch string, options ...Option) (*Batch, error) {
	return c.batch(ctx, batchOf("cancel", batch, options))
}

// ListBatches returns the batches of the account, of all pages, or so many of them; all with 0. The
// error is an *[Error].
func (c *Client) ListBatches(ctx context.Context, limit int, options ...Option) ([]Batch, error) {
	var found struct {
		Batches []batchFields `json:"batches"`
	}
	request := batchOf("list", "", options)
	request.Limit = limit
	if err := c.call(ctx, request).find(&found); err != nil {
		return nil, err
	}
	batches := make([]Batch, len(found.Batches))
	for index := range found.Batches {
		batches[index] = *found.Batches[index].batch()
	}
	return batches, nil
}

// BatchResults returns the results of a batch that has ended, row by row as they arrive, of which
// it takes the handle. None of them is kept, so they may be any number. Their order is the
// provider's: match them by their ids. An error comes last, with an empty result, after the rows
// that came before it: to go on, ask again and skip their ids.
//
// The results are asked for when the loop begins. When it ends early, also by a panic, the
// connection is closed at once.
func (c *Client) BatchResults(
	ctx context.Context, batch string, options ...Option,
) iter.Seq2[BatchResult, error] {
	return func(yield func(BatchResult, error) bool) {
		stream := c.call(ctx, batchOf("results", batch, options))
		if err := stream.begin(whole); err != nil {
			yield(BatchResult{}, err)
			return
		}
		defer stream.drop()
		var unread *Error
		err := stream.each(func(i *item) bool {
			row, ok := i.event.(result)
			if !ok {
				return true
			}
			var read BatchResult
			if read, unread = parseBatchResult(string(row)); unread != nil {
				return false
			}
			return yield(read, nil)
		})
		switch {
		case unread != nil:
			yield(BatchResult{}, unread)
		case err != nil && err != errStopped:
			yield(BatchResult{}, err)
		}
	}
}

// batch is for what returns the state of one batch.
func (c *Client) batch(ctx context.Context, request *batchCall) (*Batch, error) {
	found := batchFields{}
	if err := c.call(ctx, request).find(&found); err != nil {
		return nil, err
	}
	return found.batch(), nil
}

// batchFields are the fields of a batch as the library has them.
type batchFields struct {
	Batch
	Error *errorFields `json:"error"`
}

func (f *batchFields) batch() *Batch {
	if f.Error != nil {
		f.Err = f.Error.error()
	}
	return &f.Batch
}
