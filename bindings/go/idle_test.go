//go:build !windows && !literllm_poll

package literllm_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const idleClients = 500

// threads counts those of this process, as the system does.
func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip(err)
	}
	return len(tasks)
}

// alone has a test run in a process of its own, and is true there.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv("LITER_LLM_ALONE") != "" {
		return true
	}
	program := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	program.Env = append(os.Environ(), "LITER_LLM_ALONE=1")
	if output, err := program.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	return false
}

// Clients that wait take no threads: with one for each there would be five hundred. In a process of
// its own, since Go gives no thread back.
func TestIdleClientsTakeNoThreads(t *testing.T) {
	if !alone(t) {
		return
	}
	clients := make([]*literllm.Client, idleClients)
	for index := range clients {
		clients[index] = newClient(t)
	}
	// Each of them has waited, and waits again.
	for _, client := range clients {
		if _, err := client.Complete(bounded(t), ask(plan(t, hello))); err != nil {
			t.Fatal(err)
		}
	}
	if count := threads(t); count > 50 {
		t.Errorf("%d threads", count)
	}
	for _, client := range clients {
		client.Close()
	}
	if count := threads(t); count > 60 {
		t.Errorf("%d threads when all are closed", count)
	}
}

// Each client has a descriptor; where there is none it is refused, until there is one again.
func TestClientWithoutADescriptorIsRefused(t *testing.T) {
	if !alone(t) {
		return
	}
	newClient(t) // the library's threads are there
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	lower := limit
	lower.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower); err != nil {
		t.Fatal(err)
	}
	_, err := literllm.New(literllm.WithAPIKey("k"))
	if !errors.Is(err, literllm.ErrConfig) || !strings.Contains(err.Error(), "too many open files") {
		t.Error(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	newClient(t)
}
