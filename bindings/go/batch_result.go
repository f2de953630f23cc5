//go:build cgo

package literllm

import "encoding/json"

// BatchResult is what became of one row of a batch.
type BatchResult struct {
	// ID is the row's id, as it was submitted.
	ID string
	// Outcome is succeeded, failed, cancelled or expired.
	Outcome string
	// Response is what was answered; nil for a row that did not succeed.
	Response *BatchResponse
	// Err is an *[Error], whose Retryable says whether the row is worth submitting again; nil where
	// there is a response, and where the row never ran.
	Err error
}

// BatchResponse is the answer to a row: of a chat, or of embeddings the Vectors.
type BatchResponse struct {
	// ID is the provider's response id.
	ID string `json:"id"`
	// Model is the model that responded, as the provider names it.
	Model string `json:"model"`
	// Text is all of the text.
	Text string `json:"text"`
	// Reasoning is all of the visible reasoning.
	Reasoning string `json:"reasoning"`
	// Refusal is the model's refusal, where the provider sends it apart from text.
	Refusal string `json:"refusal"`
	// ToolCalls are the tool calls.
	ToolCalls []ToolCall `json:"tool_calls"`
	// Parts are all other parts, in order.
	Parts []Part `json:"-"`
	// FinishReason is why the model stopped, in the words of [Receipt].
	FinishReason string `json:"finish_reason"`
	// FinishReasonRaw is the provider's own word for the finish reason.
	FinishReasonRaw string `json:"finish_reason_raw"`
	// Usage is nil where the provider counted nothing.
	Usage *Usage `json:"usage"`
	// Vectors are those of embeddings, in the order of the row's inputs.
	Vectors [][]float32 `json:"vectors"`
	// Dimensions is how many numbers each vector has.
	Dimensions int `json:"dimensions"`
}

// batchResultFields are the fields of a result as the library has them.
type batchResultFields struct {
	ID       string `json:"id"`
	Outcome  string `json:"outcome"`
	Response *struct {
		BatchResponse
		Parts []json.RawMessage `json:"parts"`
	} `json:"response"`
	Error *errorFields `json:"error"`
}

func parseBatchResult(text string) (BatchResult, *Error) {
	var fields batchResultFields
	if err := parseJSON(text, &fields); err != nil {
		message := "a result of a batch could not be parsed: " + err.Error()
		return BatchResult{}, newError(ErrInternal, message)
	}
	row := BatchResult{ID: fields.ID, Outcome: fields.Outcome}
	if fields.Error != nil {
		row.Err = fields.Error.error()
	}
	if fields.Response == nil {
		return row, nil
	}
	row.Response = &fields.Response.BatchResponse
	for _, data := range fields.Response.Parts {
		var part struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(data, &part); err == nil {
			row.Response.Parts = append(row.Response.Parts, Part{Type: part.Type, Data: data})
		}
	}
	return row, nil
}
