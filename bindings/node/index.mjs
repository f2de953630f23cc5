import binding from "./index.cjs";

export const {
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
