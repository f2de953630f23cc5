import binding from "./index.cjs";

export const {
  Batch,
  BatchResults,
  CountTokensResponse,
  EmbedResponse,
  LiterLlm,
  LlmError,
  LlmResponse,
  ModelsResponse,
  OutputError,
  RerankResponse,
  Stats,
  Stream,
  Tool,
  runTools,
  tool,
  version,
} = binding;
