//go:build cgo

package literllm

import (
	"encoding/json"
	"sync"
)

// LogRecord is one line of the library's log.
type LogRecord struct {
	// Level is error, warn, info or debug.
	Level   string `json:"level"`
	Message string `json:"message"`
	// Provider is the one that the line is about; "" for none.
	Provider string `json:"provider"`
	// Data is the whole line, with what only a later library says.
	Data json.RawMessage `json:"-"`
}

// logLinesMax bounds the lines that wait for a handler; what comes beyond it is dropped.
const logLinesMax = 1024

// logLines hands lines to a handler, one after another, on a goroutine that lives while there are
// any: a handler that rests holds up no stream, and it may close the client.
type logLines struct {
	handle  func(LogRecord)
	mutex   sync.Mutex
	waiting []LogRecord
	running bool
}

func (lines *logLines) add(data string) {
	record := LogRecord{Data: json.RawMessage(data)}
	// What cannot be read is still there to be seen.
	_ = json.Unmarshal(record.Data, &record)
	lines.mutex.Lock()
	defer lines.mutex.Unlock()
	if len(lines.waiting) == logLinesMax {
		return
	}
	lines.waiting = append(lines.waiting, record)
	if !lines.running {
		lines.running = true
		go lines.run()
	}
}

func (lines *logLines) run() {
	for {
		lines.mutex.Lock()
		records := lines.waiting
		lines.waiting = nil
		lines.running = len(records) > 0
		lines.mutex.Unlock()
		if len(records) == 0 {
			return
		}
		for _, record := range records {
			lines.handle(record)
		}
	}
}
