// The Node package, as it was built in place: twenty streams at once, and an error.
import assert from "node:assert/strict";
import { LiterLlm } from "../../bindings/node/index.mjs";

const text = "Wer nicht fragt, bleibt dumm: 日本語, \u2603.";
const request = { model: "echo", messages: [{ role: "user", content: text }] };

const llm = new LiterLlm({ provider: "script" });
const texts = await Promise.all(
  Array.from({ length: 20 }, async () => {
    let whole = "";
    for await (const token of llm.invoke(request)) whole += token;
    return whole;
  }),
);
assert.deepEqual(texts, Array(20).fill(text));
await assert.rejects(async () => {
  for await (const _ of llm.invoke({ model: "echo" }));
}, /messages/);
await llm.close();
console.log("Node: streams and an error ended as they should");
