import { createInterface } from "node:readline";

import { LiterLlm } from "liter-llm";

// A request for each line of standard input, which is read as the requests are sent.
async function* requests() {
  for await (const content of createInterface({ input: process.stdin })) {
    yield { model: "gpt-4o-mini", messages: [{ role: "user", content }] };
  }
}

const llm = new LiterLlm({ provider: "openai" });
for await (const { index, response, error } of llm.map(requests(), {
  concurrency: 100,
})) {
  console.log(index, error ? error.message : response.text);
}
