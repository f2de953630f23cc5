// The program to bundle: a stream, a whole response, and an error with its class.
import { LiterLlm, LlmError } from "liter-llm";

const baseUrl = process.env.BASE_URL;
const llm = new LiterLlm({ provider: "openai", apiKey: "k", baseUrl });
const request = { model: "m", messages: [{ role: "user", content: "Hello" }] };

async function main() {
  let streamed = "";
  for await (const token of llm.invoke(request)) streamed += token;
  const { text } = await llm.invoke(request);
  const error = await llm
    .invoke(request, { signal: AbortSignal.abort() })
    .catch((failure) => failure);
  const code = error instanceof LlmError ? error.code : error;
  console.log(`streamed ${streamed}, whole ${text}, abort ${code}`);
}

main();
