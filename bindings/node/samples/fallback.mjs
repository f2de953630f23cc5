import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai", retriesMax: 1 });
const request = {
  model: "gpt-4o",
  messages: [{ role: "user", content: "Explain Rust ownership" }],
};
const response = await llm.invoke(request, {
  fallbacks: [
    "gpt-4o-mini",
    { provider: "anthropic", model: "claude-sonnet-4-5", max_tokens: 1000 },
  ],
});
console.log(response.text);
console.log("from", response.provider, response.model);
for (const { provider, model, kind, status } of response.tried) {
  console.log(provider, model, kind, status);
}
