//go:build cgo

package literllm

import (
	"context"
	"iter"
	"sync"
)

// How many requests of [Client.Map] run at once where [MapOptions] do not say.
const mapConcurrency = 16

// MapOptions says how [Client.Map] goes through its requests.
type MapOptions struct {
	// Concurrency is how many requests run at once, 16 where it is 0. No more than these are read
	// ahead of the results that were taken.
	Concurrency int
	// Ordered gives the results in the order of the requests, and not as they come: a slow request
	// then holds back those behind it, of which at most Concurrency are read.
	Ordered bool
}

// MapResult is what came of one request of [Client.Map]: a response or an error.
type MapResult struct {
	// Request is the request as it was given.
	Request Request
	// Response is the whole response; nil with an error.
	Response *Response
	// Err is an *[Error], whose Partial is what was received.
	Err error
}

// Map sends each request without streaming, several at once, and yields the number of each, from 0,
// with what came of it. An error is the result of its request, and the others go on.
//
// The requests are read as they are needed, by a goroutine of their own, so there may be any number
// of them. When the loop ends early, the requests under way are cancelled, and have ended when it
// is left; the sequence of requests is stopped when it next gives one. When ctx ends, requests
// under way end with [ErrCancelled] and no others are read; ask ctx.Err() behind the loop. What the
// sequence of requests panics with, the loop does, after the results of the requests under way.
func (c *Client) Map(
	ctx context.Context, requests iter.Seq[Request], options MapOptions,
) iter.Seq2[int, MapResult] {
	return func(yield func(int, MapResult) bool) {
		if err := c.checkMap(ctx, requests, options); err != nil {
			yield(0, MapResult{Err: err})
			return
		}
		if options.Concurrency == 0 {
			options.Concurrency = mapConcurrency
		}
		ctx, cancel := context.WithCancel(ctx)
		run := &mapRun{client: c, ctx: ctx, window: make(chan struct{}, options.Concurrency)}
		defer run.leave(cancel)
		for place := range run.begin(requests, options.Ordered) {
			result := <-place
			// Its place is free before the reader works on it, so the next request is on its way.
			<-run.window
			if !yield(result.number, result.MapResult) {
				return
			}
		}
		if run.panicked != nil {
			panic(run.panicked)
		}
	}
}

func (c *Client) checkMap(
	ctx context.Context, requests iter.Seq[Request], options MapOptions,
) error {
	switch {
	case c == nil || c.native == nil:
		return errNoClient()
	case ctx == nil:
		return newError(ErrInvalidArgument, "the context is nil; give context.Background()")
	case requests == nil:
		return newError(ErrInvalidArgument, "requests is nil; give a sequence, as slices.Values does")
	case options.Concurrency < 0:
		return newError(ErrInvalidArgument, "Concurrency is below 0; give how many run at once")
	}
	return nil
}

// mapRun is one loop over the results of Map.
type mapRun struct {
	client *Client
	ctx    context.Context
	// Holds an entry for each request that was read and whose result was not taken.
	window chan struct{}
	// What the requests panicked with; written before the places end.
	panicked any

	// Guards left, after which no call is added.
	mutex sync.Mutex
	left  bool
	calls sync.WaitGroup
}

type numbered struct {
	number int
	MapResult
}

// begin starts to read the requests, and gives where their results are found: in their order, or as
// they come.
func (r *mapRun) begin(requests iter.Seq[Request], ordered bool) <-chan chan numbered {
	// Has room for all that run, so that none of them waits for a reader who has gone.
	places := make(chan chan numbered, cap(r.window))
	go func() {
		defer close(places)
		defer r.calls.Wait()
		r.read(requests, func(number int, request Request) {
			place := make(chan numbered, 1)
			if ordered {
				places <- place
			}
			r.start(func() {
				response, err := r.client.Complete(r.ctx, request)
				place <- numbered{number, MapResult{request, response, err}}
				if !ordered {
					places <- place
				}
			})
		})
	}()
	return places
}

// read calls take with each request, which it reads when one more may run.
func (r *mapRun) read(requests iter.Seq[Request], take func(int, Request)) {
	defer func() { r.panicked = recover() }()
	number := 0
	if !r.enter() {
		return
	}
	for request := range requests {
		take(number, request)
		number++
		if !r.enter() {
			return
		}
	}
}

// enter waits until one more request may run. False: none will.
func (r *mapRun) enter() bool {
	select {
	case <-r.ctx.Done():
	case r.window <- struct{}{}:
	}
	return r.ctx.Err() == nil
}

func (r *mapRun) start(call func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.left {
		return
	}
	r.calls.Add(1)
	go func() {
		defer r.calls.Done()
		call()
	}()
}

// leave returns when no call is under way.
func (r *mapRun) leave(cancel context.CancelFunc) {
	cancel()
	r.mutex.Lock()
	r.left = true
	r.mutex.Unlock()
	r.calls.Wait()
}
