package literllm_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const (
	oldToken = "old-token-4f1c9a7b2e"
	newToken = "new-token-8d3e6b5a0c"
)

var (
	expired = object{"status": 401, "error": object{"message": "expired"}}
	busy    = object{"status": 429, "headers": [][]string{{"retry-after-ms", "1"}},
		"error": object{"message": "slow"}}
)

// keys gives these, the last one again and again.
type keys struct {
	mutex sync.Mutex
	keys  []string
	asked int
}

func (k *keys) next(context.Context) (string, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.asked++
	return k.keys[min(k.asked, len(k.keys))-1], nil
}

// sent are the keys that the provider saw.
func sent(t *testing.T, key string) []string {
	t.Helper()
	var keys []string
	for _, request := range seen(t, key)["requests"].([]any) {
		for _, header := range request.(map[string]any)["headers"].([]any) {
			pair := header.([]any)
			if strings.EqualFold(pair[0].(string), "authorization") {
				keys = append(keys, strings.TrimPrefix(pair[1].(string), "Bearer "))
			}
		}
	}
	return keys
}

func withKey(key string, function func(context.Context) (string, error)) literllm.Request {
	request := ask(key)
	request.Options = []literllm.Option{literllm.WithAPIKeyFunc(function)}
	return request
}

func TestKeyIsRenewedWhenItExpired(t *testing.T) {
	leavesNothing(t)
	key := plan(t, expired, hello)
	client := newClient(t, literllm.WithAPIKeyFunc((&keys{keys: []string{oldToken, newToken}}).next))
	response, err := client.Complete(bounded(t), ask(key))
	if err != nil || response.Text != "Hello wide world" || response.Attempts != 2 {
		t.Fatalf("%+v %v", response, err)
	}
	if got := sent(t, key); !reflect.DeepEqual(got, []string{oldToken, newToken}) {
		t.Fatal(got)
	}
}

func TestKeyIsAskedForBeforeEachAttempt(t *testing.T) {
	key := plan(t, busy, hello)
	function := &keys{keys: []string{oldToken, newToken}}
	stream := newClient(t).Invoke(bounded(t), withKey(key, function.next))
	tokens(t, stream)
	if got := sent(t, key); !reflect.DeepEqual(got, []string{oldToken, newToken}) {
		t.Fatal(got)
	}
}

func TestKeyOfTheCallGoesBeforeThatOfTheClient(t *testing.T) {
	key := plan(t, hello)
	client := newClient(t, literllm.WithAPIKeyFunc((&keys{keys: []string{"of-client"}}).next))
	text := ask(key)
	text.APIKey = "text"
	for _, request := range []literllm.Request{
		ask(key), text, withKey(key, (&keys{keys: []string{"of-call"}}).next),
	} {
		if _, err := client.Complete(bounded(t), request); err != nil {
			t.Fatal(err)
		}
	}
	if got := sent(t, key); !reflect.DeepEqual(got, []string{"of-client", "text", "of-call"}) {
		t.Fatal(got)
	}
}

var errVault = errors.New("the vault is sealed")

func TestErrorOfAKeyFunctionIsFound(t *testing.T) {
	leavesNothing(t)
	key := plan(t, hello)
	fails := func(context.Context) (string, error) { return "", fmt.Errorf("asked: %w", errVault) }
	_, err := newClient(t).Complete(bounded(t), withKey(key, fails))
	if !errors.Is(err, errVault) || !errors.Is(err, literllm.ErrAuthentication) {
		t.Fatal(err)
	}
	if err.Error() != "openai: WithAPIKeyFunc: asked: the vault is sealed" {
		t.Fatal(err)
	}
	if count := seen(t, key)["requests_count"]; count != 0.0 {
		t.Fatal(count)
	}
	// The provider's refusal is not the function's.
	given := func(context.Context) (string, error) { return newToken, nil }
	_, err = newClient(t).Complete(bounded(t), withKey(plan(t, expired), given))
	if errors.Is(err, errVault) || !errors.Is(err, literllm.ErrAuthentication) {
		t.Fatal(err)
	}
}

// hangs waits until its call has ended.
func hangs(entered chan<- struct{}, left chan<- error) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		entered <- struct{}{}
		<-ctx.Done()
		left <- ctx.Err()
		return "", ctx.Err()
	}
}

func TestKeyThatNeverComesIsATimeout(t *testing.T) {
	leavesNothing(t)
	entered, left := make(chan struct{}, 1), make(chan error, 1)
	client := newClient(t, literllm.WithKeyTimeout(50*time.Millisecond))
	_, err := client.Complete(bounded(t), withKey(plan(t, hello), hangs(entered, left)))
	var failed *literllm.Error
	if !errors.As(err, &failed) || failed.Kind != literllm.ErrTimeout || failed.Timer != "key" {
		t.Fatal(err)
	}
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestKeyThatIsAwaitedCanBeCancelled(t *testing.T) {
	leavesNothing(t)
	for name, want := range map[string]error{
		"cancel": literllm.ErrCancelled, "close": literllm.ErrClosed,
	} {
		entered, left := make(chan struct{}, 1), make(chan error, 1)
		client := newClient(t)
		ctx, cancel := context.WithCancel(bounded(t))
		ended := make(chan error, 1)
		go func() {
			_, err := client.Complete(ctx, withKey(plan(t, hello), hangs(entered, left)))
			ended <- err
		}()
		<-entered
		if name == "cancel" {
			cancel()
		} else {
			client.Close()
		}
		if err := <-ended; !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		<-left
		cancel()
	}
}

func TestAnswerThatComesTooLateIsDropped(t *testing.T) {
	key := plan(t, hello)
	release, done := make(chan struct{}), make(chan struct{})
	slow := func(context.Context) (string, error) {
		<-release
		close(done)
		return newToken, nil
	}
	client := newClient(t, literllm.WithKeyTimeout(50*time.Millisecond))
	_, err := client.Complete(bounded(t), withKey(key, slow))
	if !errors.Is(err, literllm.ErrTimeout) {
		t.Fatal(err)
	}
	close(release)
	<-done
	if _, err := client.Complete(bounded(t), ask(key)); err != nil || len(sent(t, key)) != 1 {
		t.Fatal(err)
	}
}

func TestFiveHundredCallsShareOneFunction(t *testing.T) {
	leavesNothing(t)
	key := plan(t, hello)
	function := &keys{keys: []string{newToken}}
	client := newClient(t, literllm.WithAPIKeyFunc(function.next))
	var calls sync.WaitGroup
	for range 500 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			response, err := client.Complete(bounded(t), ask(key))
			if err != nil || response.Text != "Hello wide world" {
				t.Error(err)
			}
		}()
	}
	calls.Wait()
	if function.asked != 500 {
		t.Fatal(function.asked)
	}
}

func TestNoKeyOfAFunctionIsShown(t *testing.T) {
	first := object{"status": 401, "error": object{"message": "you sent " + oldToken}}
	second := object{"status": 400,
		"error": object{"message": "you sent " + oldToken + " and " + newToken}}
	function := &keys{keys: []string{oldToken, newToken}}
	_, err := newClient(t).Complete(bounded(t), withKey(plan(t, first, second), function.next))
	if shown := fmt.Sprintf("%v %+v", err, err); strings.Contains(shown, oldToken) ||
		strings.Contains(shown, newToken) || strings.Count(err.Error(), "[REDACTED]") != 2 {
		t.Fatal(shown)
	}
	credentials := literllm.AWSCredentials{SecretAccessKey: "hidden", SessionToken: "hidden"}
	shown := fmt.Sprintf("%v %+v %#v %s", credentials, credentials, credentials, &credentials)
	if strings.Contains(shown, "hidden") {
		t.Fatal(shown)
	}
}

// AWS credentials reach the core, which refuses them where a request is not signed.
func TestAWSCredentialsAreForProvidersThatSign(t *testing.T) {
	request := ask(plan(t, hello))
	request.Options = []literllm.Option{literllm.WithAWSCredentialsFunc(
		func(context.Context) (literllm.AWSCredentials, error) {
			return literllm.AWSCredentials{AccessKeyID: "AKIA", SecretAccessKey: "s"}, nil
		})}
	_, err := newClient(t).Complete(bounded(t), request)
	if !errors.Is(err, literllm.ErrConfig) || !strings.Contains(err.Error(), "takes text") {
		t.Fatal(err)
	}
}

func TestMistakesOfKeyFunctions(t *testing.T) {
	_, err := literllm.New(literllm.WithAPIKeyFunc(nil))
	if !errors.Is(err, literllm.ErrConfig) || !strings.Contains(err.Error(), "the function is nil") {
		t.Fatal(err)
	}
	_, err = literllm.New(literllm.With("api_key", func() string { return "" }))
	if !errors.Is(err, literllm.ErrConfig) || !strings.Contains(err.Error(), "api_key: ") {
		t.Fatal(err)
	}
	asks := ask(plan(t, hello))
	asks.Extra = map[string]any{"api_key": map[string]bool{"ask": true}}
	_, err = newClient(t).Complete(bounded(t), asks)
	if !errors.Is(err, literllm.ErrAuthentication) ||
		!strings.Contains(err.Error(), "WithAPIKeyFunc") {
		t.Fatal(err)
	}
}
