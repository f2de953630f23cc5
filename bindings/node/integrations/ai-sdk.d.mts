// Types of the AI SDK provider. Those of its models are of @ai-sdk/provider.
import type {
  EmbeddingModelV3,
  LanguageModelV3,
  ProviderV3,
  RerankingModelV3,
} from "@ai-sdk/provider";

import type { LiterLlm, Options } from "../index.mjs";

/** A provider of the AI SDK. A model's name is `provider/model`. */
export interface LiterLlmProvider extends ProviderV3 {
  (modelId: string): LanguageModelV3;
  languageModel(modelId: string): LanguageModelV3;
  embeddingModel(modelId: string): EmbeddingModelV3;
  textEmbeddingModel(modelId: string): EmbeddingModelV3;
  rerankingModel(modelId: string): RerankingModelV3;
  /** Throws: there are none. */
  imageModel(modelId: string): never;
}

/** The options of a LiterLlm, or one that is used as it is. */
export type LiterLlmProviderOptions = Options | { readonly client: LiterLlm };

/** Makes a provider. */
export function createLiterLlm(
  options?: LiterLlmProviderOptions,
): LiterLlmProvider;

/** The provider of keys and base URLs from the environment. */
export const literLlm: LiterLlmProvider;
