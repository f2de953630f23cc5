import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "anthropic" });
const { inputTokens } = await llm.countTokens({
  model: "claude-haiku-4-5",
  messages: [{ role: "user", content: "Explain Rust ownership" }],
});

console.log(inputTokens);
