import binding from "./testing.cjs";

export const {
  ScriptedLlm,
  cut,
  embeddings,
  fail,
  hang,
  makeError,
  makeResponse,
  rateLimited,
  scripted,
  taped,
  text,
  toolCall,
} = binding;
