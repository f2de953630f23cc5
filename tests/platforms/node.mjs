// What a program does with the package on any system: node.mjs TEXT_URL HANG_URL. A text as it
// comes, many at once, two that are left early.
import assert from "node:assert";
import { LiterLlm } from "liter-llm";

const [textUrl, hangUrl] = process.argv.slice(2);
const request = {
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "Hello" }],
};
const llm = new LiterLlm({ provider: "openai", api_key: "test-key" });

let text = "";
for await (const token of llm.invoke({ ...request, base_url: textUrl })) {
  text += token;
}
const all = await Promise.all(
  Array.from({ length: 20 }, async () => {
    const response = await llm.invoke({ ...request, base_url: textUrl });
    return response.text;
  }),
);
assert.deepStrictEqual(new Set(all), new Set([text]));

for (let count = 0; count < 2; count++) {
  for await (const token of llm.invoke({ ...request, base_url: hangUrl })) {
    assert.strictEqual(token, "one");
    break;
  }
}
await llm.close();
console.log(text);
