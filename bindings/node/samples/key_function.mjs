import { LiterLlm } from "liter-llm";

let tokens = 0;

// Your own: from a vault, or from the library of your cloud, which refreshes it.
async function token() {
  return `token-${++tokens}`;
}

const llm = new LiterLlm({ provider: "openai", apiKey: token });
const message = { role: "user", content: "Explain Rust ownership" };
const response = await llm.invoke({
  model: "gpt-4o-mini",
  messages: [message],
});
console.log(response.text, response.attempts);
