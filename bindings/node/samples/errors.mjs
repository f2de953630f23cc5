import { LiterLlm, LlmError } from "liter-llm";

const llm = new LiterLlm({ provider: "openai", idleTimeoutMs: 20_000 });
const message = { role: "user", content: "Explain Rust ownership" };
const stream = llm.invoke(
  { model: "gpt-4o-mini", messages: [message] },
  { retriesMax: 2 },
);

try {
  for await (const token of stream) process.stdout.write(token);
} catch (error) {
  if (!(error instanceof LlmError)) throw error;
  if (error.code === "RATE_LIMITED") {
    console.log(`\ntry again in ${error.retryAfterMs} ms`);
  } else if (error.code === "TRUNCATED") {
    console.log(
      `\ncut after ${error.partial.text.length} characters: ${error.message}`,
    );
  } else {
    const { code, status, retryable } = error;
    console.log(
      `\n${code}, status ${status}, retryable: ${retryable}: ${error.message}`,
    );
  }
}
