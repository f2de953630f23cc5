package literllm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// A step that answers with a document.
func document(body any) object {
	text, _ := json.Marshal(body)
	headers := [][]string{{"content-type", "application/json"}}
	return object{"status": 200, "headers": headers, "body": string(text)}
}

// A step that answers with a file of rows.
func rowFile(rows ...object) object {
	headers := [][]string{{"content-type", "application/octet-stream"}}
	return object{"status": 200, "headers": headers, "body": rowLines(rows...)}
}

func rowLines(rows ...object) string {
	lines := ""
	for _, row := range rows {
		text, _ := json.Marshal(row)
		lines += string(text) + "\n"
	}
	return lines
}

// The state of the batch of these tests, with other fields.
func batchState(changes object) object {
	state := object{
		"id": "batch-1", "status": "validating", "endpoint": "/v1/chat/completions",
		"created_at": 1700000000, "metadata": object{"team": "x", "liter_batch": "mark"},
		"request_counts": object{"total": 2, "completed": 0, "failed": 0},
	}
	for name, value := range changes {
		state[name] = value
	}
	return state
}

// One that has ended, with a file of results and perhaps one of errors.
func ended(errors any) object {
	return document(batchState(object{
		"status": "completed", "output_file_id": "out", "error_file_id": errors}))
}

func answeredRow(id, text string) object {
	body := object{"id": "c", "object": "chat.completion", "model": "m", "choices": []object{{
		"index": 0, "finish_reason": "stop", "message": object{"role": "assistant", "content": text},
	}}}
	return object{"custom_id": id, "response": object{"status_code": 200, "body": body}}
}

var refusedRow = object{"custom_id": "b", "response": object{
	"status_code": 429, "body": object{"error": object{"message": "slow", "code": "rate_limit"}}}}

// A connection that promises more than these rows, and what it does next.
func cutFile(next object, rows ...object) object {
	head := "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 99999999\r\n\r\n"
	raw := []object{{"write": head + rowLines(rows...)}}
	if next != nil {
		raw = append(raw, next)
	}
	return object{"raw": raw}
}

func batchHandle(key string) string {
	text, _ := json.Marshal(object{
		"provider": "openai", "id": "batch-1", "base_url": baseURL(key)})
	return string(text)
}

func batchRows() []literllm.BatchRow {
	request := literllm.Request{Model: "m", Messages: []literllm.Message{literllm.User("hello")}}
	return []literllm.BatchRow{{ID: "a", Request: request}, {ID: "b", Request: &request}}
}

// readRows returns the rows that came, and the error behind them.
func readRows(results iter.Seq2[literllm.BatchResult, error]) (
	rows []literllm.BatchResult, failed error) {
	for row, err := range results {
		if err != nil {
			failed = err
			continue
		}
		rows = append(rows, row)
	}
	return rows, failed
}

func TestSubmittedBatchIsFoundByItsHandle(t *testing.T) {
	leavesNothing(t)
	key := plan(t, document(object{"id": "file-1"}), document(batchState(nil)), ended("err"))
	batch, err := newClient(t).SubmitBatch(bounded(t), literllm.BatchRequest{
		Requests: batchRows(), BaseURL: baseURL(key), Metadata: map[string]string{"team": "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{"total": 2, "succeeded": 0, "failed": 0}
	if batch.ID != "batch-1" || batch.State != "validating" || batch.Provider != "openai" ||
		batch.CreatedAt != 1700000000 || batch.EndedAt != 0 || batch.Err != nil ||
		batch.Metadata["team"] != "x" || batch.StateRaw != "validating" || len(batch.Raw) == 0 ||
		!reflect.DeepEqual(batch.Counts, counts) || !strings.Contains(batch.Batch, baseURL(key)) {
		t.Errorf("%+v", batch)
	}
	requests := seen(t, key)["requests"].([]any)
	for index, want := range []string{"/v1/files", "/v1/batches"} {
		if path := requests[index].(map[string]any)["path"].(string); !strings.HasSuffix(path, want) {
			t.Errorf("%s, and %s expected", path, want)
		}
	}
	// By the handle alone, with a client that knows the key.
	state, err := newClient(t).BatchStatus(bounded(t), batch.Batch)
	if err != nil || state.State != "ended" {
		t.Errorf("%+v %v", state, err)
	}
}

func TestFailedBatchSaysWhy(t *testing.T) {
	leavesNothing(t)
	errors := object{"data": []object{{"message": "no such model", "code": "model_not_found"}}}
	key := plan(t, document(batchState(object{"status": "failed", "errors": errors})))
	batch, err := newClient(t).BatchStatus(bounded(t), batchHandle(key))
	if err != nil || batch.State != "failed" || batch.Err == nil ||
		!strings.Contains(batch.Err.Error(), "no such model") {
		t.Errorf("%+v %v", batch, err)
	}
}

func TestBatchesAreCancelledAndListed(t *testing.T) {
	leavesNothing(t)
	page := object{"object": "list", "data": []object{batchState(nil), batchState(nil)}}
	cancelling := document(batchState(object{"status": "cancelling"}))
	key := plan(t, cancelling, document(page), document(page))
	client := newClient(t)
	batch, err := client.CancelBatch(bounded(t), batchHandle(key))
	if err != nil || batch.State != "cancelling" {
		t.Errorf("%+v %v", batch, err)
	}
	for limit, want := range []int{2, 1} {
		batches, err := client.ListBatches(bounded(t), limit, literllm.WithBaseURL(baseURL(key)))
		if err != nil || len(batches) != want || batches[0].State != "validating" ||
			!strings.Contains(batches[0].Batch, "batch-1") {
			t.Errorf("%+v %v", batches, err)
		}
	}
}

func TestBatchResultsAreRowsOfBothFiles(t *testing.T) {
	leavesNothing(t)
	key := plan(t, ended("err"), rowFile(answeredRow("a", "hello")), rowFile(refusedRow))
	rows, err := readRows(newClient(t).BatchResults(bounded(t), batchHandle(key)))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v %v", rows, err)
	}
	first, second := rows[0], rows[1]
	if first.ID != "a" || first.Outcome != "succeeded" || first.Err != nil ||
		first.Response.Text != "hello" || first.Response.FinishReason != "stop" {
		t.Errorf("%+v", first)
	}
	var failed *literllm.Error
	if second.ID != "b" || second.Outcome != "failed" || second.Response != nil ||
		!errors.As(second.Err, &failed) || !errors.Is(failed, literllm.ErrRateLimited) ||
		failed.Status != 429 || !failed.Retryable {
		t.Errorf("%+v", second)
	}
}

// All that a row's response may have.
func TestBatchResultFields(t *testing.T) {
	leavesNothing(t)
	row := answeredRow("a", "hello")
	body := row["response"].(object)["body"].(object)
	body["usage"] = object{"prompt_tokens": 3, "completion_tokens": 2}
	message := body["choices"].([]object)[0]["message"].(object)
	message["annotations"] = []object{{"type": "url_citation", "url_citation": object{"url": "u"}}}
	message["tool_calls"] = []object{{"id": "1", "type": "function",
		"function": object{"name": "f", "arguments": "{}"}}}
	vectors := object{"custom_id": "v", "response": object{"status_code": 200, "body": object{
		"object": "list", "data": []object{{"index": 0, "embedding": []float32{0.5, 1}}}}}}
	key := plan(t, ended(nil), rowFile(row, vectors))
	rows, err := readRows(newClient(t).BatchResults(bounded(t), batchHandle(key)))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v %v", rows, err)
	}
	chat, embedded := rows[0].Response, rows[1].Response
	if *chat.Usage.InputTokens != 3 || len(chat.ToolCalls) != 1 || chat.ToolCalls[0].Name != "f" ||
		len(chat.Parts) == 0 || chat.Parts[0].Type == "" || len(chat.Parts[0].Data) == 0 {
		t.Errorf("%+v", chat)
	}
	if !reflect.DeepEqual(embedded.Vectors, [][]float32{{0.5, 1}}) || embedded.Dimensions != 2 {
		t.Errorf("%+v", embedded)
	}
}

// More rows than a window holds come one by one, as they are read.
func TestBatchResultsOfAnyNumber(t *testing.T) {
	leavesNothing(t)
	var many []object
	for number := range 2000 {
		many = append(many, answeredRow(fmt.Sprint(number), strings.Repeat("x", 200)))
	}
	key := plan(t, ended(nil), rowFile(many...))
	client := newClient(t, literllm.WithStreamWindowBytes(4096))
	read := 0
	for row, err := range client.BatchResults(bounded(t), batchHandle(key)) {
		if err != nil || row.ID != fmt.Sprint(read) {
			t.Fatalf("%d: %+v %v", read, row, err)
		}
		read++
	}
	if read != len(many) {
		t.Errorf("%d rows", read)
	}
}

func TestBatchResultsThatAreCutGiveTheirRows(t *testing.T) {
	leavesNothing(t)
	key := plan(t, ended(nil), cutFile(nil, answeredRow("a", "one")))
	rows, err := readRows(newClient(t).BatchResults(bounded(t), batchHandle(key)))
	if len(rows) != 1 || rows[0].ID != "a" || !errors.Is(err, literllm.ErrTruncated) {
		t.Errorf("%+v %v", rows, err)
	}
}

func TestLeavingBatchResultsClosesTheConnection(t *testing.T) {
	leavesNothing(t)
	key := plan(t, ended(nil), cutFile(hang, answeredRow("a", "one")))
	for row, err := range newClient(t).BatchResults(bounded(t), batchHandle(key)) {
		if err != nil || row.ID != "a" {
			t.Errorf("%+v %v", row, err)
		}
		break
	}
	waitFor(t, key, "closed=1")
}

func TestContextEndsBatchResults(t *testing.T) {
	leavesNothing(t)
	key := plan(t, ended(nil), cutFile(hang, answeredRow("a", "one")))
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	var last error
	for _, err := range newClient(t).BatchResults(ctx, batchHandle(key)) {
		last = err
		cancel()
	}
	if !errors.Is(last, literllm.ErrCancelled) || !errors.Is(last, context.Canceled) {
		t.Error(last)
	}
	waitFor(t, key, "closed=1")
}

func TestBatchResultsBeforeTheEnd(t *testing.T) {
	leavesNothing(t)
	key := plan(t, document(batchState(nil)))
	rows, err := readRows(newClient(t).BatchResults(bounded(t), batchHandle(key)))
	if len(rows) != 0 || !errors.Is(err, literllm.ErrInvalidRequest) ||
		!strings.Contains(err.Error(), "the batch is validating") {
		t.Errorf("%+v %v", rows, err)
	}
}
