// What a user writes in TypeScript; checked by `npm run lint`, not run.
import {
  LiterLlm,
  LlmError,
  Response,
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
  for await (const token of stream) text += token.toUpperCase();
  const whole: Response = stream.response;
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

// @ts-expect-error: a request names its model
llm.invoke({ messages });
// @ts-expect-error: options are in camel case
new LiterLlm({ api_key: "k" });
// @ts-expect-error: true or false
new LiterLlm({ collect: "no" });
// @ts-expect-error: no such kind
export const never = (error: LlmError): boolean => error.code === "RATE_LIMIT";

llm.close();
