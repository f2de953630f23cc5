//go:build cgo

package literllm

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// collector keeps what one stream delivers, or only how it began and ended.
type collector struct {
	collect bool
	start   Start
	// START and END that are parsed when they are asked for; empty where they were before.
	begin     unparsedJSON[Start]
	end       unparsedJSON[receiptFields]
	text      strings.Builder
	reasoning strings.Builder
	refusal   strings.Builder
	calls     []ToolCall
	parts     []Part
	blocks    []block
	receipt   receiptFields
}

// block is sent back to the provider unchanged, after so many bytes of text.
type block struct {
	position int
	content  json.RawMessage
}

func (c *collector) push(event Event) {
	if start, ok := event.(*Start); ok {
		c.start = *start
	}
	if !c.collect {
		return
	}
	switch event := event.(type) {
	case Text:
		c.text.WriteString(string(event))
	case Reasoning:
		c.reasoning.WriteString(string(event))
	case *ToolCall:
		c.calls = append(c.calls, *event)
	case *Part:
		c.part(event)
	case *Start, *ToolDelta, *End:
	}
}

func (c *collector) part(part *Part) {
	switch part.Type {
	case "refusal":
		var refusal struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(part.Data, &refusal) == nil {
			c.refusal.WriteString(refusal.Text)
		}
	case "content":
		var kept struct {
			Content json.RawMessage `json:"content"`
		}
		if json.Unmarshal(part.Data, &kept) == nil {
			c.blocks = append(c.blocks, block{c.text.Len(), kept.Content})
		}
	default:
		c.parts = append(c.parts, *part)
	}
}

// content is text and blocks in the order in which they came; nil without blocks.
func (c *collector) content() []any {
	if len(c.blocks) == 0 {
		return nil
	}
	var content []any
	text, taken := c.text.String(), 0
	takeText := func(end int) {
		if taken < end {
			content = append(content, map[string]any{"type": "text", "text": text[taken:end]})
		}
		taken = end
	}
	for _, block := range c.blocks {
		takeText(block.position)
		content = append(content, block.content)
	}
	takeText(len(text))
	return content
}

func (c *collector) response() *Response {
	receipt, source := c.ends()
	return &Response{
		Receipt:   receipt,
		Source:    source,
		Collected: c.collect,
		Text:      c.text.String(),
		Reasoning: c.reasoning.String(),
		Refusal:   c.refusal.String(),
		ToolCalls: c.calls,
		Parts:     c.parts,
		content:   c.content(),
	}
}

// ends says how the stream ended, and how it began.
func (c *collector) ends() (Receipt, Source) {
	start, end := &c.start, &c.receipt
	if c.begin.data != "" {
		// What cannot be parsed says nothing of how the response began.
		start, _ = c.begin.parse()
	}
	if c.end.data != "" {
		parsed, err := c.end.parse()
		if end = parsed; err != nil {
			failed := unparsed("the end of a stream", err)
			end = &failed
		}
	}
	receipt := end.receipt()
	receipt.Warnings = slices.Concat(start.Warnings, receipt.Warnings)
	if receipt.RequestID == "" {
		receipt.RequestID = start.RequestID
	}
	return receipt, Source{
		ID:        start.ID,
		Model:     start.Model,
		Provider:  start.Provider,
		RateLimit: start.RateLimit,
		Headers:   start.Headers,
	}
}

// unparsedJSON is JSON of the library that is parsed once, when it is first asked for.
type unparsedJSON[Fields any] struct {
	data   string
	once   sync.Once
	fields Fields
	err    error
}

func (u *unparsedJSON[Fields]) parse() (*Fields, error) {
	u.once.Do(func() { u.err = parseJSON(u.data, &u.fields) })
	return &u.fields, u.err
}
