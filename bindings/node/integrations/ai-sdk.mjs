// The Vercel AI SDK: a provider of language, embedding and reranking models.
//
// It speaks specification v3 and imports none of the packages of the SDK. Errors are LlmErrors,
// which the SDK does not try again: this library has done so. What a provider wants back
// unchanged, such as signed thinking, travels in providerMetadata.literLlm and is sent as it came.
import { LiterLlm } from "liter-llm";

import { toRequest } from "./ai-sdk/prompt.mjs";
import { PartWriter, contentOf, metadataOf } from "./ai-sdk/parts.mjs";
import { inputTokens } from "./input_tokens.cjs";

/**
 * Makes a provider: `literLlm("anthropic/claude-sonnet-4-5")` is a language model.
 *
 * `client` is used as it is and stays open; else the options are those of a LiterLlm.
 */
export function createLiterLlm({ client, ...options } = {}) {
  let made = client;
  const llm = () => (made ??= new LiterLlm(options));
  const provider = (modelId) => new LanguageModel(llm, modelId);
  return Object.assign(provider, {
    specificationVersion: "v3",
    languageModel: provider,
    embeddingModel: (modelId) => new EmbeddingModel(llm, modelId),
    textEmbeddingModel: (modelId) => new EmbeddingModel(llm, modelId),
    rerankingModel: (modelId) => new RerankingModel(llm, modelId),
    imageModel: (modelId) => {
      throw new TypeError(`${modelId}: Liter-LLM has no image models`);
    },
  });
}

/** The provider of keys and base URLs from the environment. */
export const literLlm = createLiterLlm();

class Model {
  specificationVersion = "v3";
  #llm;

  constructor(llm, modelId) {
    this.#llm = llm;
    this.modelId = modelId;
    // Under this name telemetry files it.
    this.provider = `liter-llm.${modelId.split("/", 1)[0]}`;
  }

  get llm() {
    return this.#llm();
  }
}

class LanguageModel extends Model {
  // The SDK fetches what has another address: not every provider does.
  supportedUrls = {};

  async doGenerate(options) {
    const { request, warnings } = toRequest(this.modelId, options);
    const response = await this.llm.invoke(request, callOptions(options));
    return {
      content: contentOf(response),
      ...endOf(response),
      request: { body: request },
      response: {
        id: response.id ?? undefined,
        modelId: response.model,
        headers: response.headers,
      },
      warnings: [...warnings, ...warningsOf(response)],
    };
  }

  async doStream(options) {
    const { request, warnings } = toRequest(this.modelId, options);
    const stream = this.llm.invoke(request, callOptions(options));
    const events = stream.events();
    // The SDK's caller is told here of what fails before the first event.
    let next = await events.next();
    const writer = new PartWriter();
    let begun = false;
    const pull = async (controller) => {
      try {
        if (!begun) {
          const found = warningsOf(stream.response);
          controller.enqueue({
            type: "stream-start",
            warnings: [...warnings, ...found],
          });
          begun = true;
        }
        while (!next.done) {
          const parts = writer.partsOf(next.value, stream);
          for (const part of parts) controller.enqueue(part);
          if (next.value.type === "end") {
            controller.enqueue({ type: "finish", ...endOf(stream.response) });
          }
          next = await events.next();
          if (parts.length > 0) return;
        }
        controller.close();
      } catch (error) {
        controller.enqueue({ type: "error", error });
        controller.close();
        next = { done: true };
      }
    };
    return {
      stream: new ReadableStream({ pull, cancel: () => stream.cancel() }),
      request: { body: request },
      response: { headers: stream.response.headers },
    };
  }
}

class EmbeddingModel extends Model {
  // This library splits by the provider's limits, and runs the pieces side by side.
  maxEmbeddingsPerCall = undefined;
  supportsParallelCalls = true;

  async doEmbed(options) {
    const fields = options.providerOptions?.literLlm ?? {};
    const request = { model: this.modelId, input: options.values, ...fields };
    const response = await this.llm.embed(request, callOptions(options));
    const tokens = response.usage?.inputTokens ?? undefined;
    return {
      embeddings: response.vectors.map((vector) => Array.from(vector)),
      usage: tokens === undefined ? undefined : { tokens },
      response: { headers: response.headers },
      warnings: warningsOf(response),
    };
  }
}

class RerankingModel extends Model {
  async doRerank(options) {
    const { documents, query, topN } = options;
    const texts =
      documents.type === "text"
        ? documents.values
        : documents.values.map((value) => JSON.stringify(value));
    const request = {
      model: this.modelId,
      query,
      documents: texts,
      ...(topN === undefined ? {} : { top_n: topN }),
      ...options.providerOptions?.literLlm,
    };
    const response = await this.llm.rerank(request, callOptions(options));
    return {
      ranking: response.results.map(({ index, score }) => ({
        index,
        relevanceScore: score,
      })),
      warnings: warningsOf(response),
    };
  }
}

function callOptions({ abortSignal, headers = {} }) {
  const given = Object.entries(headers).filter(
    ([, value]) => value !== undefined,
  );
  return {
    ...(abortSignal ? { signal: abortSignal } : {}),
    ...(given.length > 0 ? { headers: Object.fromEntries(given) } : {}),
  };
}

const warningsOf = (response) =>
  response.warnings.map((message) => ({ type: "other", message }));

const FINISH_REASONS = new Set(["stop", "length", "error"]);
const OTHER_NAMES = {
  tool_calls: "tool-calls",
  content_filter: "content-filter",
};

// How a response ended, and what it used.
function endOf(response) {
  const { finishReason, finishReasonRaw, usage } = response;
  const unified = FINISH_REASONS.has(finishReason)
    ? finishReason
    : (OTHER_NAMES[finishReason] ?? "other");
  return {
    finishReason: { unified, raw: finishReasonRaw ?? undefined },
    usage: usageOf(usage),
    providerMetadata: metadataOf(response),
  };
}

function usageOf(usage) {
  const known = (count) => count ?? undefined;
  const read = known(usage?.cachedInputTokens);
  const written = known(usage?.cacheWriteTokens);
  const input = usage?.inputTokens;
  const output = known(usage?.outputTokens);
  const reasoning = known(usage?.reasoningTokens);
  return {
    inputTokens: {
      ...inputTokens({ input, read, written, raw: usage?.raw }),
      cacheRead: read,
      cacheWrite: written,
    },
    outputTokens: {
      total: output,
      text: output === undefined ? undefined : output - (reasoning ?? 0),
      reasoning,
    },
    ...(usage?.raw ? { raw: usage.raw } : {}),
  };
}
