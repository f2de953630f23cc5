import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { LiterLlm } from "liter-llm";

const QUESTIONS = {
  borrow: "What is a borrow?",
  lifetime: "What is a lifetime?",
};
const file = process.argv[2] ?? "batch.json";

function row([id, content]) {
  const messages = [{ role: "user", content }];
  return { id, request: { model: "gpt-4o-mini", messages } };
}

const llm = new LiterLlm({ provider: "openai" });
if (!existsSync(file)) {
  const { batch } = await llm.batch.submit(Object.entries(QUESTIONS).map(row));
  writeFileSync(file, batch);
}
const handle = readFileSync(file, "utf8");
const { state, counts } = await llm.batch.status(handle);
console.log(state, counts);
if (state === "ended") {
  for await (const row of llm.batch.results(handle)) {
    console.log(row.id, row.outcome, row.response?.text ?? row.error?.message);
  }
}
