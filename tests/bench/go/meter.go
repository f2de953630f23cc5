package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"
	"unsafe"
)

const errorsShown = 3

// meter has the counters of one run.
type meter struct {
	asked     arguments
	began     time.Time
	cpu       float64
	rssBefore int
	allOpen   chan struct{}

	mutex                      sync.Mutex
	opened, tokens, characters int
	firstMS, answerMS, lateMS  []float64
	errors                     []string
	rssOpen, threads           int
	heldCPU, heldS             float64
}

// stream has the counters of one stream.
type stream struct {
	meter              *meter
	timed              bool
	began              time.Time
	tokens, characters int
	lateMS             []float64
}

func newMeter(asked arguments) *meter {
	return &meter{
		asked: asked, began: time.Now(), cpu: cpuSeconds(), rssBefore: status("VmRSS:"),
		allOpen: make(chan struct{}), errors: []string{},
	}
}

func (meter *meter) stream(timed bool) *stream {
	return &stream{meter: meter, timed: timed, began: time.Now()}
}

// hold measures the CPU of a while in which all streams are open.
func (meter *meter) hold() {
	if meter.asked.holdMS == 0 {
		return
	}
	<-meter.allOpen
	cpu, began := cpuSeconds(), time.Now()
	time.Sleep(time.Duration(meter.asked.holdMS) * time.Millisecond)
	meter.mutex.Lock()
	defer meter.mutex.Unlock()
	meter.heldCPU, meter.heldS = cpuSeconds()-cpu, time.Since(began).Seconds()
}

func (stream *stream) token(text string) {
	if stream.tokens == 0 {
		stream.opens()
	}
	stream.tokens++
	stream.characters += utf8.RuneCountInString(text)
	if stream.timed {
		due, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
		stream.lateMS = append(stream.lateMS, (monotonicMicroseconds()-due)/1000)
	}
}

func (stream *stream) opens() {
	meter := stream.meter
	meter.mutex.Lock()
	defer meter.mutex.Unlock()
	meter.firstMS = append(meter.firstMS, milliseconds(time.Since(stream.began)))
	meter.opened++
	if meter.opened == meter.asked.concurrency {
		meter.rssOpen, meter.threads = status("VmRSS:"), status("Threads:")
		close(meter.allOpen)
	}
}

func (stream *stream) end(err error) {
	meter := stream.meter
	meter.mutex.Lock()
	defer meter.mutex.Unlock()
	meter.tokens += stream.tokens
	meter.characters += stream.characters
	meter.answerMS = append(meter.answerMS, milliseconds(time.Since(stream.began)))
	meter.lateMS = append(meter.lateMS, stream.lateMS...)
	if err != nil && len(meter.errors) < errorsShown {
		meter.errors = append(meter.errors, err.Error())
	}
}

func (meter *meter) report(driver, version string) map[string]any {
	wall, cpu := time.Since(meter.began).Seconds(), cpuSeconds()-meter.cpu
	meter.mutex.Lock()
	defer meter.mutex.Unlock()
	report := map[string]any{
		"driver": driver, "version": version, "streams": meter.asked.streams,
		"tokens": meter.tokens, "characters": meter.characters, "wall_s": wall, "cpu_s": cpu,
		"first_token_ms": percentiles(meter.firstMS), "answer_ms": nil,
		"late_ms": percentiles(meter.lateMS), "rss_before_kib": meter.rssBefore,
		"rss_open_kib": nil, "rss_peak_kib": status("VmHWM:"),
		"threads": max(meter.threads, status("Threads:")), "held_cpu_s": nil, "held_s": nil,
		"errors": meter.errors,
	}
	if meter.asked.whole {
		report["answer_ms"] = percentiles(meter.answerMS)
	}
	if meter.rssOpen > 0 {
		report["rss_open_kib"] = meter.rssOpen
	}
	if meter.heldS > 0 {
		report["held_cpu_s"], report["held_s"] = meter.heldCPU, meter.heldS
	}
	return report
}

// percentiles are by nearest rank; nil of nothing.
func percentiles(values []float64) any {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	rank := func(share float64) float64 {
		return values[int(math.Ceil(float64(len(values))*share))-1]
	}
	return map[string]any{"p50": rank(0.5), "p99": rank(0.99), "count": len(values)}
}

func milliseconds(duration time.Duration) float64 { return duration.Seconds() * 1000 }

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	seconds := func(value syscall.Timeval) float64 {
		return float64(value.Sec) + float64(value.Usec)*1e-6
	}
	return seconds(usage.Utime) + seconds(usage.Stime)
}

// monotonicMicroseconds reads the clock of the mock's timed tokens; package time has no such call.
func monotonicMicroseconds() float64 {
	const clockMonotonic = 1
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return float64(now.Sec)*1e6 + float64(now.Nsec)*1e-3
}
