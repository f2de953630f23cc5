import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });
const { models } = await llm.models();

for (const { id, owner } of models) console.log(id, owner);
