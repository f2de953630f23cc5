// What a user writes in TypeScript; checked by `npm run lint`, not run.
import {
  EmbedResponse,
  LiterLlm,
  LlmError,
  LlmResponse,
  type Batch,
  type BatchRow,
  type Message,
  type StreamEvent,
} from "liter-llm";

const llm = new LiterLlm({
  provider: "openai",
  apiKey: "k",
  idleTimeoutMs: 1000,
  collect: false,
});
// A function may give the key, at once or later, and AWS credentials too.
export const withFunctions = [
  new LiterLlm({ apiKey: () => "k" }),
  new LiterLlm({ apiKey: async ({ signal }) => String(signal.aborted) }),
  new LiterLlm({
    apiKey: async () => ({ awsAccessKeyId: "a", awsSecretAccessKey: "s" }),
  }),
];

const messages: Message[] = [{ role: "user", content: "Hello" }];

export async function readTokens(signal: AbortSignal): Promise<string> {
  let text = "";
  const stream = llm.invoke(
    { model: "m", messages, top_k: 3 },
    { signal, retriesMax: 1, collect: true },
  );
  await stream.begin();
  for await (const token of stream) text += token.toUpperCase();
  const whole: LlmResponse = stream.response;
  if (!whole.collected) return text;
  return text + (whole.usage?.outputTokens ?? 0).toFixed();
}

export async function readWhole(): Promise<readonly string[]> {
  const response = await llm.invoke({ model: "m", messages });
  messages.push(response.message);
  return response.toolCalls.map((call) => call.arguments);
}

export async function readEvents(): Promise<void> {
  for await (const event of llm.invoke({ model: "m", messages }).events())
    show(event);
}

function show(event: StreamEvent): string | number {
  switch (event.type) {
    case "start":
      return event.model;
    case "text":
    case "reasoning":
      return event.text;
    case "tool_delta":
    case "tool_call":
      return event.arguments;
    case "part":
      return event.part.type;
    case "end":
      return event.attempts;
  }
}

export function explain(error: unknown): string | undefined {
  if (!(error instanceof LlmError)) return undefined;
  if (error.code === "RATE_LIMITED") return `${error.retryAfterMs ?? 0} ms`;
  return error.partial?.text;
}

export async function embed(signal: AbortSignal): Promise<Float32Array> {
  const response = await llm.embed(
    {
      ...{ model: "m", input: ["a", [1, 2], [{ type: "text", text: "b" }]] },
      ...{ dimensions: 3, input_type: "query", extraBody: { own_field: 1 } },
    },
    { signal, provider: "voyage", apiKey: async () => "k" },
  );
  const [first = response.values] = response.vectors;
  const [[from, end] = [0, response.count]] = response.finishedRanges;
  return first.subarray(from, end);
}

export async function rerank(): Promise<string> {
  const documents = ["a", { text: "b" }];
  const request = { model: "m", query: "q", documents, top_n: 1 };
  const { results, usage } = await llm.rerank(request);
  const [best] = results;
  if (best === undefined || typeof best.document !== "string") return "";
  const score: number | null = best.score;
  return `${best.document}: ${score ?? usage?.inputTokens ?? 0}`;
}

export async function list(): Promise<readonly string[]> {
  const { models } = await llm.models();
  const others = await llm.models({}, { provider: "anthropic" });
  const kept = [...models, ...others.models];
  return kept.map(({ id, inputTokensMax }) => `${id} ${inputTokensMax ?? 0}`);
}

export async function count(): Promise<number> {
  const tokens = await llm.countTokens({ model: "m", messages });
  return tokens.inputTokens - (tokens.cachedInputTokens ?? 0) + tokens.attempts;
}

export function vectorsOf(error: LlmError): number {
  const { partial } = error;
  if (partial instanceof EmbedResponse) return partial.vectors.length;
  if (partial instanceof LlmResponse) return partial.toolCalls.length;
  return error.partial?.count ?? error.partial?.text?.length ?? 0;
}

// @ts-expect-error: an input is needed
llm.embed({ model: "m" });
// @ts-expect-error: only streams collect
llm.embed({ model: "m", input: "a" }, { collect: false });
// @ts-expect-error: a list has no body
llm.models({}, { extraBody: {} });
// @ts-expect-error: a number of results
llm.rerank({ model: "m", query: "q", documents: [], top_n: "one" });
// @ts-expect-error: responses are made by the library
export const made = new EmbedResponse();
// @ts-expect-error: a request names its model
llm.invoke({ messages });
// @ts-expect-error: options are in camel case
new LiterLlm({ api_key: "k" });
// @ts-expect-error: true or false
new LiterLlm({ collect: "no" });
// @ts-expect-error: no such kind
export const never = (error: LlmError): boolean => error.code === "RATE_LIMIT";

llm.close();

export async function readMany(): Promise<string[]> {
  const texts: string[] = [];
  const requests = [{ model: "m", messages, row: 7 }];
  const options = { concurrency: 8, ordered: true, retriesMax: 1 };
  for await (const result of llm.map(requests, options)) {
    if (result.error) texts.push(result.error.kind, String(result.request.row));
    else texts.push(result.response.text);
  }
  return texts;
}

export async function batches(): Promise<string> {
  const rows: BatchRow[] = [
    { id: "a", request: { model: "m", messages } },
    { id: "b", request: { operation: "embed", model: "m", input: "x" } },
  ];
  const options = { metadata: { team: "x" }, expiresAfterS: 3600 };
  const made: Batch = await llm.batch.submit(rows, options);
  const state = await llm.batch.status(made.batch, { apiKey: "k" });
  for await (const { id, response, error } of llm.batch.results(state)) {
    if (error?.retryable) return `${id}: ${error.message}`;
    if (response?.vectors) return `${id}: ${response.vectors[0]?.length ?? 0}`;
  }
  const [first] = await llm.batch.list({ limit: 1 });
  const { counts } = await llm.batch.cancel(first ?? made);
  return `${state.state} ${counts.total ?? 0}`;
}

// @ts-expect-error: a row has an id
llm.batch.submit([{ request: { model: "m", messages } }]);
// @ts-expect-error: a state has no limit
llm.batch.status("handle", { limit: 1 });
