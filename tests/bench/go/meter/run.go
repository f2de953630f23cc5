// Package meter is what the drivers in Go share: the command line, what is counted, and the one
// line of JSON at the end.
package meter

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

// What every driver asks, and with which key.
const (
	APIKey = "test-key"
	Model  = "test-model"
	Prompt = "hello"
)

const (
	warmUpKey  = "tokens~1~0~warm-up"
	timedEvery = 50
)

// Arguments are those that the runner passes.
type Arguments struct {
	CA                           string
	Streams, Concurrency, Tokens int
	Whole                        bool
	HoldMS                       int

	base, key, timedKey string
}

// Asker makes one call and counts what comes.
type Asker func(ctx context.Context, baseURL string, counted *Stream) error

// Parse reads the command line: which driver of this program, and what it is to do.
func Parse(usual string) (string, Arguments) {
	var asked Arguments
	driver := flag.String("driver", usual, "one of those in this program")
	flag.StringVar(&asked.base, "base-url", "", "")
	flag.StringVar(&asked.key, "key", "", "")
	flag.StringVar(&asked.timedKey, "timed-key", "", "")
	flag.StringVar(&asked.CA, "ca", "", "")
	flag.IntVar(&asked.Streams, "streams", 1, "")
	flag.IntVar(&asked.Concurrency, "concurrency", 1, "")
	flag.IntVar(&asked.Tokens, "tokens", 1, "")
	flag.IntVar(&asked.HoldMS, "hold-ms", 0, "")
	flag.BoolVar(&asked.Whole, "whole", false, "")
	flag.Parse()
	return *driver, asked
}

// Run asks for all streams, so many at once, and prints the line.
func Run(driver, version string, asked Arguments, ask Asker) {
	raiseLimit()
	ctx := context.Background()
	warmUp := newMeter(asked)
	if err := ask(ctx, asked.url(warmUpKey), warmUp.stream(false)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	m := newMeter(asked)
	go m.hold()
	var next atomic.Int64
	var all sync.WaitGroup
	for range asked.Concurrency {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				index := int(next.Add(1)) - 1
				if index >= asked.Streams {
					return
				}
				key, timed := asked.keyOf(index)
				counted := m.stream(timed)
				counted.end(ask(ctx, asked.url(key), counted))
			}
		}()
	}
	all.Wait()
	line, _ := json.Marshal(m.report(driver, version))
	fmt.Println(string(line))
}

func (a Arguments) url(key string) string { return a.base + "/" + key + "/v1" }

func (a Arguments) keyOf(index int) (string, bool) {
	if a.timedKey != "" && index%timedEvery == 0 {
		return a.timedKey, true
	}
	return a.key, false
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
