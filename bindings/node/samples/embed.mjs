import { LiterLlm, LlmError } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });
const texts = ["Rust owns", "Go collects garbage", "C trusts you"];

try {
  const response = await llm.embed({
    model: "text-embedding-3-small",
    input: texts,
  });
  response.vectors.forEach((vector, index) =>
    console.log(texts[index], vector.length, vector.subarray(0, 2)),
  );
} catch (error) {
  if (!(error instanceof LlmError && error.partial?.count)) throw error;
  // What came before a part failed is not lost.
  const { finishedRanges, failedRanges } = error.partial;
  console.log("vectors of", finishedRanges, "none of", failedRanges);
}
