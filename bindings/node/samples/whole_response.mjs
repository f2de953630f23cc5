import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });
const question = { role: "user", content: "Explain Rust ownership" };
const response = await llm.invoke({
  model: "gpt-4o-mini",
  messages: [question],
});

console.log(response.text);
console.log(response.finishReason, response.usage?.outputTokens);
