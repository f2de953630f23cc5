package literllm_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// Text that was cut inside a character: what is no UTF-8 becomes U+FFFD, and is no error, whether
// it stands in a string of Go's or in JSON that another language wrote.
func TestTextCutInsideACharacter(t *testing.T) {
	client := newClient(t)
	key := plan(t, object{"answer": object{"text": "ok"}})
	request := ask(key)
	request.Messages[0].Content = "cut \xf0\x9f here"
	request.Extra = map[string]any{"user": json.RawMessage(`"cut \ud83d here, whole \ud83d\ude00"`)}
	if _, err := client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	body := seen(t, key)["requests"].([]any)[0].(map[string]any)["body"].(map[string]any)
	if want := "cut \ufffd here, whole \U0001f600"; body["user"] != want {
		t.Errorf("%q was sent, not %q", body["user"], want)
	}
	content := body["messages"].([]any)[0].(map[string]any)["content"].(string)
	if rest := strings.ReplaceAll(content, "\ufffd", ""); rest != "cut  here" || rest == content {
		t.Errorf("%q was sent", content)
	}
}
