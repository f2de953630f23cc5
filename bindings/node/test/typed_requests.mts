// What a request may have; checked by `npm run lint`, not run. The types are closed, so that a slip
// is found: each line below @ts-expect-error has one.
import {
  LiterLlm,
  tool,
  type ContentPart,
  type LlmRequest,
  type LogRecord,
  type Message,
  type ToolMessage,
} from "liter-llm";
import { z } from "zod";

const llm = new LiterLlm();
const model = "m";
const user: Message = { role: "user", content: "Hello" };
const messages = [user];

export const whole: LlmRequest = {
  ...{ model, max_tokens: 5, temperature: 0.5, stop: ["a"], seed: 7 },
  ...{ top_k: 3, parallel_tool_calls: false, reasoning_effort: "minimal" },
  messages: [
    {
      role: "system",
      content: "Be brief",
      cache_control: { type: "ephemeral" },
    },
    {
      role: "user",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image_url", image_url: { url: "data:", detail: "low" } },
        { type: "image_url", image_url: "https://host/a.png" },
        { type: "input_audio", input_audio: { data: "", format: "wav" } },
        { type: "file", file: { file_data: "data:", filename: "a.pdf" } },
        { type: "document", source: { type: "text", data: "own block" } },
      ],
    },
    {
      ...{ role: "assistant", content: null },
      tool_calls: [
        { id: "1", type: "function", function: { name: "f", arguments: "{}" } },
      ],
    },
    { role: "tool", tool_call_id: "1", content: "rain" },
  ],
  tools: [
    {
      type: "function",
      function: { name: "f", parameters: { type: "object" } },
    },
    { type: "web_search_20250305", name: "web_search", max_uses: 3 },
    { googleSearch: {} },
    tool({ name: "g", run: () => 1 }),
  ],
  tool_choice: { type: "function", function: { name: "f" } },
  response_format: {
    type: "json_schema",
    json_schema: { name: "n", schema: {} },
  },
  extraBody: { own_field: { nested: [1] } },
};

// The next turn of a conversation.
export async function turn(): Promise<Message[]> {
  const response = await llm.invoke({ model, messages });
  const results: ToolMessage[] = response.toolCalls.map(({ id }) => ({
    ...{ role: "tool", tool_call_id: id, content: "done" },
  }));
  return [...messages, response.message, ...results];
}

// @ts-expect-error: a field that there is none of
llm.invoke({ model, messages, max_token: 5 });
// @ts-expect-error: fields are in snake case
llm.invoke({ model, messages, maxTokens: 5 });
// @ts-expect-error: a provider's own fields go into extraBody
llm.invoke({ model, messages, own_field: 1 });
// @ts-expect-error: it is spelled as the option is
llm.invoke({ model, messages, extra_body: {} });
// @ts-expect-error: no such field
llm.invoke({ model, mesages: messages });
// @ts-expect-error: options are no fields
llm.invoke({ model, messages, apiKey: "k" });
// @ts-expect-error: no such role
llm.invoke({ model, messages: [{ role: "robot", content: "a" }] });
// @ts-expect-error: no such field of a message
llm.invoke({ model, messages: [{ role: "user", contents: "a" }] });
// @ts-expect-error: a result names its call
llm.invoke({ model, messages: [{ role: "tool", content: "a" }] });
// @ts-expect-error: no such field of a part
export const part: ContentPart = { type: "text", txt: "a" };
// @ts-expect-error: no such part
export const unknownPart: ContentPart = { type: "txt", text: "a" };
// @ts-expect-error: no such word
llm.invoke({ model, messages, tool_choice: "all" });
// @ts-expect-error: a function has a name
llm.invoke({ model, messages, tools: [{ type: "function", function: {} }] });
// @ts-expect-error: a schema has a name
llm.invoke({ model, messages, response_format: { type: "json_schema" } });
// @ts-expect-error: no such option of a call
llm.invoke({ model, messages }, { idleTimoutMs: 5 });
// @ts-expect-error: an option of the client
llm.invoke({ model, messages }, { workerThreads: 5 });
// @ts-expect-error: of embeddings, too
llm.embed({ model, input: "a", inputType: "query" });
// @ts-expect-error: and of rerank
llm.rerank({ model, query: "a", documents: [], topN: 1 });

// Loggers.
export const logged = [
  new LiterLlm({ logger: console, logLevel: "debug" }),
  new LiterLlm({ logger: (record: LogRecord) => console.log(record.message) }),
];
// @ts-expect-error: no logger
new LiterLlm({ logger: { info() {} } });

export async function disposes(): Promise<string> {
  await using client = new LiterLlm();
  await using stream = client.invoke({ model, messages });
  for await (const token of stream) return token;
  return "";
}

// What is named as the web names it is that of the web.
export function route(request: Request): Response {
  const stream = llm.invoke({ model, messages }, { signal: request.signal });
  return stream.toTextStreamResponse({ headers: { "x-own": "1" } });
}

export const readable: ReadableStream<Uint8Array> = llm
  .invoke({ model, messages })
  .toReadableStream({ format: "sse" });

const weather = tool({
  name: "weather",
  input: z.object({ city: z.string(), days: z.number().optional() }),
  // The types of the input are those of the schema.
  run: ({ city, days = 1 }, { signal }) =>
    `${city.toUpperCase()} ${days.toFixed()} ${String(signal?.aborted)}`,
});
export const plain = tool({
  name: "plain",
  input: { type: "object", properties: { city: { type: "string" } } },
  run: ({ city }) => String(city),
});
export const named: string = weather.name;
// @ts-expect-error: no such field of the input
tool({ name: "f", input: z.object({ a: z.string() }), run: ({ b }) => b });
// @ts-expect-error: a tool runs
tool({ name: "f" });
