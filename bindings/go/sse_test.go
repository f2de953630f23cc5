package literllm_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// served runs the sample of server-sent events, and returns where it answers.
func served(t *testing.T, steps ...any) (address, key string) {
	t.Helper()
	key = plan(t, steps...)
	run := exec.Command(build(t, "http_sse"), "127.0.0.1:0")
	run.Env = append(os.Environ(), "OPENAI_API_KEY=test-key", "OPENAI_BASE_URL="+baseURL(key))
	run.Stderr = os.Stderr
	output, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), key
}

// events reads the names and the data of so many events.
func events(t *testing.T, lines *bufio.Scanner, count int) (read []string) {
	t.Helper()
	for len(read) < count && lines.Scan() {
		if name, isEvent := strings.CutPrefix(lines.Text(), "event: "); isEvent {
			lines.Scan()
			read = append(read, name+" "+strings.TrimPrefix(lines.Text(), "data: "))
		}
	}
	return read
}

func get(t *testing.T, address string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(bounded(t), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// A browser gets each token as it comes, and when it goes the provider is no longer asked.
func TestServerSentEventsEndWithTheBrowser(t *testing.T) {
	address, key := served(t, streamed(token("one "), token("two\n"), hang))
	response := get(t, address)
	read := strings.Join(events(t, bufio.NewScanner(response.Body), 2), ", ")
	if read != `token "one ", token "two\n"` ||
		response.Header.Get("content-type") != "text/event-stream" {
		t.Error(read)
	}
	response.Body.Close()
	waitFor(t, key, "closed=1")
}

// A whole answer ends with its reason, and one that fails says so without the provider's words.
func TestServerSentEventsEndAsTheAnswerDid(t *testing.T) {
	refused := object{"status": 401, "error": object{"message": "wrong key", "type": "t"}}
	for want, step := range map[string]object{`done "stop"`: hello, `failed "no answer"`: refused} {
		address, _ := served(t, step)
		response := get(t, address)
		read := events(t, bufio.NewScanner(response.Body), 100)
		if len(read) == 0 || read[len(read)-1] != want {
			t.Errorf("%q, and %s expected", read, want)
		}
		response.Body.Close()
	}
}
