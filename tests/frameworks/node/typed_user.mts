// What a user writes, with the AI SDK's own types: tsc must take it.
import {
  embed,
  generateText,
  type EmbeddingModel,
  type LanguageModel,
} from "ai";
import { trace } from "@opentelemetry/api";
import { LiterLlm } from "liter-llm";
import { createLiterLlm, literLlm } from "liter-llm/ai-sdk";
import { instrument, instrumentAll, uninstrument } from "liter-llm/otel";

export const model: LanguageModel = literLlm("anthropic/claude-sonnet-4-5");
export const vectors: EmbeddingModel = literLlm.embeddingModel(
  "openai/text-embedding-3-small",
);

export async function ask(): Promise<string> {
  const own = createLiterLlm({ client: new LiterLlm({ retriesMax: 2 }) });
  const { text } = await generateText({
    model: own("openai/gpt-4o-mini"),
    prompt: "Hello",
  });
  await embed({ model: vectors, value: text });
  return text;
}

// @ts-expect-error: options are those of a LiterLlm.
createLiterLlm({ retryMax: 2 });

export const observed: LiterLlm = instrument(new LiterLlm(), {
  captureContent: true,
  tracerProvider: trace.getTracerProvider(),
});
instrumentAll();
uninstrument();
uninstrument(observed);

// @ts-expect-error: it gives meters.
instrumentAll({ meterProvider: trace.getTracerProvider() });
