// The drivers in Go: this library, and a loop over net/http as one writes it by hand. The command
// line and the line of JSON at the end are those of all drivers.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

const (
	apiKey     = "test-key"
	model      = "test-model"
	prompt     = "hello"
	warmUpKey  = "tokens~1~0~warm-up"
	timedEvery = 50
)

// arguments are those that the runner passes.
type arguments struct {
	base, key, timedKey, ca      string
	streams, concurrency, tokens int
	whole                        bool
	holdMS                       int
}

// asker makes one call and counts what comes.
type asker func(ctx context.Context, baseURL string, counted *stream) error

func main() {
	var asked arguments
	driver := flag.String("driver", "go", "go or nethttp")
	flag.StringVar(&asked.base, "base-url", "", "")
	flag.StringVar(&asked.key, "key", "", "")
	flag.StringVar(&asked.timedKey, "timed-key", "", "")
	flag.StringVar(&asked.ca, "ca", "", "")
	flag.IntVar(&asked.streams, "streams", 1, "")
	flag.IntVar(&asked.concurrency, "concurrency", 1, "")
	flag.IntVar(&asked.tokens, "tokens", 1, "")
	flag.IntVar(&asked.holdMS, "hold-ms", 0, "")
	flag.BoolVar(&asked.whole, "whole", false, "")
	flag.Parse()
	raiseLimit()
	ask, version := ours(asked)
	if *driver == "nethttp" {
		ask, version = netHTTP(asked)
	}
	run(*driver, version, asked, ask)
}

func run(driver, version string, asked arguments, ask asker) {
	ctx := context.Background()
	warmUp := newMeter(asked)
	if err := ask(ctx, asked.url(warmUpKey), warmUp.stream(false)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	meter := newMeter(asked)
	go meter.hold()
	var next atomic.Int64
	var all sync.WaitGroup
	for range asked.concurrency {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				index := int(next.Add(1)) - 1
				if index >= asked.streams {
					return
				}
				key, timed := asked.keyOf(index)
				counted := meter.stream(timed)
				counted.end(ask(ctx, asked.url(key), counted))
			}
		}()
	}
	all.Wait()
	line, _ := json.Marshal(meter.report(driver, version))
	fmt.Println(string(line))
}

func (asked arguments) url(key string) string { return asked.base + "/" + key + "/v1" }

func (asked arguments) keyOf(index int) (string, bool) {
	if asked.timedKey != "" && index%timedEvery == 0 {
		return asked.timedKey, true
	}
	return asked.key, false
}

func raiseLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		// Too few descriptors show as errors of streams.
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

// status is a number of this process (proc(5), status).
func status(field string) int {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), field)
	var value int
	_, _ = fmt.Sscan(rest, &value)
	return value
}
