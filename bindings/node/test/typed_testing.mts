// A user of liter-llm/testing in TypeScript; checked by `npm run lint`, not run.
import { LiterLlm, type LlmError, type LlmResponse } from "liter-llm";
import {
  ScriptedLlm,
  cut,
  embeddings,
  fail,
  hang,
  makeError,
  makeResponse,
  rateLimited,
  scripted,
  taped,
  text,
  toolCall,
  type AskedRequest,
  type Script,
  type TapedOptions,
} from "liter-llm/testing";

const script: Script = [
  "Hello",
  text(["He", "llo"], { usage: { inputTokens: 3, outputTokens: 5 } }),
  toolCall("weather", { city: "Rome" }, { toolCalls: [{ name: "time" }] }),
  fail(503),
  fail({ kind: "OVERLOADED", retryAfterMs: 5 }, { text: "half" }),
  rateLimited({ retryAfterMs: 5, message: "slow" }, { delayMs: 5 }),
  cut("Hel"),
  hang(),
  embeddings([[0.5, 1]], { when: { operation: "embed", contains: "a" } }),
  { finishReason: "length", text: "a", pieceDelayMs: 5, repeat: true },
];
export const llm: LiterLlm = scripted(script, { retriesMax: 0, api: "chat" });
export const byClass = new ScriptedLlm("Hello");
export const asked: AskedRequest[] = await byClass.requests();
export const model: string = (await byClass.assertAsked({ model: /gpt/ }))
  .model;
await byClass.assertAsked([{ temperature: (found: number) => found > 0 }]);
await byClass.add("more");
await byClass.reset();

export const response: LlmResponse = makeResponse({
  text: "hi",
  toolCalls: [{ name: "weather", arguments: { city: "Rome" } }],
  usage: { outputTokens: 5 },
});
export const output: { city: string } = makeResponse({
  output: { city: "Rome" },
}).output;
export const error: LlmError = makeError("RATE_LIMITED", "slow", {
  retryAfterMs: 5,
  partial: response,
});

const options: TapedOptions = { mode: "replay", pace: "full", apiKey: "k" };
export const player: LiterLlm = taped("weather.jsonl", options);
taped(new URL("weather.jsonl", import.meta.url));
new LiterLlm({ tape: { file: "a.jsonl", mode: "auto", fileBytesMax: 5 } });
new LiterLlm({ tape: "a.jsonl", script: { text: "a", delayMs: 5 } });
llm.invoke({ model: "m", messages: [] }, { script: ["a", { error: 503 }] });

// Slips are found.
// @ts-expect-error: an unknown field of an answer
scripted([{ txt: "a" }]);
// @ts-expect-error: no kind of error of a provider
fail("CANCELLED");
// @ts-expect-error: names are in camel case
fail({ retry_after_ms: 5 });
// @ts-expect-error: no count
text("a", { usage: { tokens: 3 } });
// @ts-expect-error: no mode
taped("a.jsonl", { mode: "play" });
// @ts-expect-error: a tape has a file
new LiterLlm({ tape: { mode: "replay" } });
// @ts-expect-error: no field of a response
makeResponse({ txt: "a" });
// @ts-expect-error: no kind of error
makeError("SLOW");
