import { LiterLlm, version } from "liter-llm";

export const llm: LiterLlm = new LiterLlm();
export const text: Promise<string> = llm
  .invoke({ model: "m", messages: [] })
  .then((response) => response.text + version);
