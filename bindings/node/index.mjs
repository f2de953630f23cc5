import binding from "./index.cjs";

export const {
  Batch,
  BatchResults,
  CountTokensResponse,
  EmbedResponse,
  LiterLlm,
  LlmError,
  ModelsResponse,
  RerankResponse,
  Response,
  Stats,
  Stream,
  version,
} = binding;
