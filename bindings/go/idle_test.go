package literllm_test

import (
	"os"
	"os/exec"
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

// Clients that wait take no threads: with one for each there would be five hundred. In a process of
// its own, since Go gives no thread back.
func TestIdleClientsTakeNoThreads(t *testing.T) {
	if os.Getenv("LITER_LLM_IDLE") == "" {
		program := exec.Command(os.Args[0], "-test.run=^TestIdleClientsTakeNoThreads$")
		program.Env = append(os.Environ(), "LITER_LLM_IDLE=1")
		if output, err := program.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
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
