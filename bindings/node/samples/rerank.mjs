import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "cohere" });
const { results } = await llm.rerank({
  model: "rerank-v3.5",
  query: "Who owns a value?",
  documents: ["Go collects garbage.", "In Rust a value has one owner."],
  top_n: 1,
});

for (const { index, document } of results) console.log(index, document);
