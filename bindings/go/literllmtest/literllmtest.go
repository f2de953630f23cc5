// Package literllmtest is for tests of programs that use literllm: clients that need neither a
// provider nor a key. A script says what the answers are:
//
//	script := literllmtest.NewScript(t,
//		literllmtest.RateLimited(time.Millisecond),
//		literllmtest.Text("It rains").Usage(12, 3))
//	answer, err := weather(ctx, script.Client, "Hamburg")
//	...
//	if asked := script.Last().UserText(); !strings.Contains(asked, "Hamburg") {
//		t.Errorf("asked %q", asked)
//	}
//
// A tape is a file of real exchanges, which is recorded once and played from then on: [NewTape].
// Both run through the streams of the library as a provider's responses do, so that retries,
// timers, limits and cancellation work as ever. [Response] and [Error] make what a call returns,
// for tests that call nothing.
package literllmtest
