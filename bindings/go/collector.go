//go:build cgo

package literllm

import (
	"encoding/json"
	"slices"
	"strings"
)

// collector keeps what one stream delivers, or only how it began and ended.
type collector struct {
	collect   bool
	start     Start
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
	receipt := c.receipt.receipt()
	receipt.Warnings = slices.Concat(c.start.Warnings, receipt.Warnings)
	if receipt.RequestID == "" {
		receipt.RequestID = c.start.RequestID
	}
	return receipt, Source{
		ID:        c.start.ID,
		Model:     c.start.Model,
		Provider:  c.start.Provider,
		RateLimit: c.start.RateLimit,
		Headers:   c.start.Headers,
	}
}
