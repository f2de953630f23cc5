import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });
const message = { role: "user", content: "Count to a million" };
const request = { model: "gpt-4o-mini", messages: [message] };

const stream = llm.invoke(request);
for await (const token of stream) {
  process.stdout.write(token);
  if (token.includes("7")) break; // closes the connection; so do return and throw
}
console.log("\n", stream.response.outcome, stream.response.text.length);

// Other code can call stream.cancel(), or abort a signal such as that of a web request.
try {
  await llm.invoke(request, { signal: AbortSignal.timeout(300) });
} catch (error) {
  console.log(error.code, error.cause.name);
}
