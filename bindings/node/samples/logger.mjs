import { LiterLlm } from "liter-llm";

// Or logger: pino(), or a function that gets { level, message, provider, ... }.
const llm = new LiterLlm({
  provider: "openai",
  logger: console,
  logLevel: "debug",
});
const message = { role: "user", content: "Explain Rust ownership" };
await llm.invoke({ model: "gpt-4o-mini", messages: [message] });
