// Tests that `make test-slow` repeats thousands of times, and every other run a few times.
import assert from "node:assert/strict";

import {
  HANG,
  Mock,
  REQUEST,
  run,
  streaming,
  test,
  token,
} from "./support.mjs";

const slowly = (usually, slow) => (process.env.SLOW ? slow : usually);
const mock = await Mock.start();

// Soon after a cancel the provider sees the connection closed.
test("cancels_are_seen", async (t) => {
  const took = [];
  const llm = mock.connect("unused");
  for (let number = slowly(100, 10_000); number > 0; number--) {
    const key = mock.newKey("tokens~2~60000");
    const request = { ...REQUEST, base_url: mock.baseUrl(key) };
    let began;
    for await (const _ of llm.invoke(request)) {
      began = performance.now();
      break;
    }
    await mock.wait(key, { closed: 1 });
    took.push(performance.now() - began);
  }

  took.sort((one, other) => one - other);
  const p99 = took[Math.floor(took.length * 0.99)];
  t.diagnostic(
    `${took.length} cancels, p99 ${p99.toFixed(2)} ms, the question included`,
  );
  assert.ok(p99 < 2000, `${p99} ms`);
});

test("exits_with_live_streams", async () => {
  const key = await mock.plan([streaming(token("one"), HANG)]);
  const code = `
    import { LiterLlm } from "liter-llm";
    const llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl: process.argv[1] });
    const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };
    for await (const token of llm.invoke(request)) process.exit(7);`;

  for (let round = slowly(5, 300); round > 0; round--) {
    const {
      code: exitCode,
      signal,
      output,
    } = await run(code, mock.baseUrl(key));
    assert.deepEqual([exitCode, signal, output], [7, null, ""]);
  }
});
