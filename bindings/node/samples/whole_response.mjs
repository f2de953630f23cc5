import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });
const question = { role: "user", content: "Explain Rust ownership" };
const reply = await llm.invoke({ model: "gpt-4o-mini", messages: [question] });

console.log(reply.text);
console.log(reply.finishReason, reply.usage?.outputTokens);
