package meter

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
	asked     Arguments
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

// Stream has the counters of one stream.
type Stream struct {
	meter              *meter
	timed              bool
	began              time.Time
	tokens, characters int
	lateMS             []float64
}

func newMeter(asked Arguments) *meter {
	return &meter{
		asked: asked, began: time.Now(), cpu: cpuSeconds(), rssBefore: status("VmRSS:"),
		allOpen: make(chan struct{}), errors: []string{},
	}
}

func (m *meter) stream(timed bool) *Stream {
	return &Stream{meter: m, timed: timed, began: time.Now()}
}

// hold measures the CPU of a while in which all streams are open.
func (m *meter) hold() {
	if m.asked.HoldMS == 0 {
		return
	}
	<-m.allOpen
	cpu, began := cpuSeconds(), time.Now()
	time.Sleep(time.Duration(m.asked.HoldMS) * time.Millisecond)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.heldCPU, m.heldS = cpuSeconds()-cpu, time.Since(began).Seconds()
}

// Token is a piece of its text.
func (s *Stream) Token(text string) {
	if s.tokens == 0 {
		s.opens()
	}
	s.tokens++
	s.characters += utf8.RuneCountInString(text)
	if s.timed {
		due, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
		s.lateMS = append(s.lateMS, (monotonicMicroseconds()-due)/1000)
	}
}

func (s *Stream) opens() {
	m := s.meter
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.firstMS = append(m.firstMS, milliseconds(time.Since(s.began)))
	m.opened++
	if m.opened == m.asked.Concurrency {
		m.rssOpen, m.threads = status("VmRSS:"), status("Threads:")
		close(m.allOpen)
	}
}

func (s *Stream) end(err error) {
	m := s.meter
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.tokens += s.tokens
	m.characters += s.characters
	m.answerMS = append(m.answerMS, milliseconds(time.Since(s.began)))
	m.lateMS = append(m.lateMS, s.lateMS...)
	if err != nil && len(m.errors) < errorsShown {
		m.errors = append(m.errors, err.Error())
	}
}

func (m *meter) report(driver, version string) map[string]any {
	wall, cpu := time.Since(m.began).Seconds(), cpuSeconds()-m.cpu
	m.mutex.Lock()
	defer m.mutex.Unlock()
	report := map[string]any{
		"driver": driver, "version": version, "streams": m.asked.Streams,
		"tokens": m.tokens, "characters": m.characters, "wall_s": wall, "cpu_s": cpu,
		"first_token_ms": percentiles(m.firstMS), "answer_ms": nil,
		"late_ms": percentiles(m.lateMS), "rss_before_kib": m.rssBefore,
		"rss_open_kib": nil, "rss_peak_kib": status("VmHWM:"),
		"threads": max(m.threads, status("Threads:")), "held_cpu_s": nil, "held_s": nil,
		"errors": m.errors,
	}
	if m.asked.Whole {
		report["answer_ms"] = percentiles(m.answerMS)
	}
	if m.rssOpen > 0 {
		report["rss_open_kib"] = m.rssOpen
	}
	if m.heldS > 0 {
		report["held_cpu_s"], report["held_s"] = m.heldCPU, m.heldS
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
