import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });
for await (const token of llm.invoke({
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "Explain Rust ownership" }],
  max_tokens: 200,
})) {
  process.stdout.write(token);
}
