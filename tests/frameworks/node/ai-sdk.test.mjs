// The AI SDK's own functions, on the provider of liter-llm/ai-sdk and the mock.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import {
  embedMany,
  generateText,
  Output,
  rerank,
  stepCountIs,
  streamText,
  tool,
} from "ai";
import { LiterLlm } from "liter-llm";
import { createLiterLlm } from "liter-llm/ai-sdk";
import { z } from "zod";

import { Mock, runSample } from "./support.mjs";

const mock = await Mock.start();
after(() => mock.stop());

const HELLO = { answer: { text: "Hello world" } };
const HEAD = {
  status: 200,
  headers: [["content-type", "text/event-stream"]],
  chunked: true,
};
const CUT = { raw: [{ head: HEAD }, { token: "Hel" }, { reset: true }] };
const NAME = "openai/gpt-4o-mini";

const weather = tool({
  description: "The weather of a city",
  inputSchema: z.object({ city: z.string().optional() }),
  execute: async ({ city }) => `rain in ${city ?? "Hamburg"}`,
});

async function make(...steps) {
  const place = await mock.plan(...steps);
  return { place, liter: createLiterLlm(place.options) };
}

test("text, settings and usage", async () => {
  const { place, liter } = await make(HELLO);
  const result = await generateText({
    model: liter(NAME),
    system: "Be brief.",
    prompt: "Hello",
    temperature: 0.5,
    maxOutputTokens: 50,
    providerOptions: { literLlm: { reasoning_effort: "low" } },
  });
  assert.equal(result.text, "Hello world");
  assert.equal(result.finishReason, "stop");
  assert.ok(result.usage.outputTokens > 0);
  const asked = await place.asked();
  assert.deepEqual(
    [asked.temperature, asked.max_tokens, asked.reasoning_effort],
    [0.5, 50, "low"],
  );
  assert.equal(asked.messages.length, 2);
});

test("a stream", async () => {
  const { liter } = await make(HELLO);
  const result = streamText({ model: liter(NAME), prompt: "Hello" });
  const pieces = [];
  for await (const piece of result.textStream) pieces.push(piece);
  assert.equal(pieces.join(""), "Hello world");
  assert.ok(pieces.length > 1);
  assert.equal(await result.finishReason, "stop");
  assert.ok((await result.usage).totalTokens > 0);
});

test("a stream's response is not built for each token", async () => {
  const readsOf = async (text) => {
    const { options } = await mock.plan({ answer: { text } });
    const client = new LiterLlm(options);
    const { invoke } = client;
    let reads = 0;
    client.invoke = (...asked) => {
      const stream = invoke.apply(client, asked);
      const read = Reflect.getOwnPropertyDescriptor(
        Object.getPrototypeOf(stream),
        "response",
      ).get;
      const get = () => (reads++, read.call(stream));
      return Object.defineProperty(stream, "response", { get });
    };
    const model = createLiterLlm({ client })(NAME);
    assert.equal(await streamText({ model, prompt: "Hello" }).text, text);
    client.close();
    return reads;
  };
  const long = "Hello world. ".repeat(20);
  assert.equal(await readsOf(long), await readsOf("Hello"));
});

test("input tokens have the cached ones, also where they are apart", async () => {
  const { liter } = await make({ vector: "anthropic_thinking" });
  const model = liter("anthropic/claude");
  const result = streamText({ model, prompt: "Hello", maxOutputTokens: 64 });
  const { raw, ...usage } = await result.usage;
  assert.deepEqual(usage, {
    inputTokens: 14,
    inputTokenDetails: {
      noCacheTokens: 11,
      cacheReadTokens: 3,
      cacheWriteTokens: 0,
    },
    outputTokens: 9,
    outputTokenDetails: { textTokens: 2, reasoningTokens: 7 },
    totalTokens: 23,
    reasoningTokens: 7,
    cachedInputTokens: 3,
  });
  assert.equal(raw.cache_read_input_tokens, 3);
});

for (const streamed of [false, true]) {
  test(`tools go round, streamed: ${streamed}`, async () => {
    const call = streamed
      ? "openai_tool_call_deltas"
      : "openai_tool_call_whole";
    const { place, liter } = await make({ vector: call }, HELLO);
    const options = {
      model: liter(NAME),
      prompt: "How is it?",
      tools: { weather, time: weather },
      stopWhen: stepCountIs(3),
    };
    const result = streamed ? streamText(options) : await generateText(options);
    if (streamed) await result.consumeStream();
    assert.equal(await result.text, "Hello world");
    const { messages, tools } = await place.asked();
    assert.equal(tools[0].function.name, "weather");
    const calls = messages.find((message) => message.tool_calls).tool_calls;
    const results = messages.filter((message) => message.role === "tool");
    assert.ok(calls.length > 0);
    assert.deepEqual(
      results.map((message) => message.tool_call_id).sort(),
      calls.map((made) => made.id).sort(),
    );
    assert.match(results[0].content, /^rain in/);
  });
}

test("a tool that failed is marked", async () => {
  const { place, liter } = await make(
    { vector: "anthropic_tool_call_whole" },
    HELLO,
  );
  const fails = tool({
    inputSchema: z.object({ city: z.string() }),
    execute: async () => {
      throw new Error("no such city");
    },
  });
  await generateText({
    model: liter("anthropic/claude"),
    prompt: "Hello",
    tools: { weather: fails },
    stopWhen: stepCountIs(2),
  });
  const [result] = (await place.asked()).messages.at(-1).content;
  assert.equal(result.is_error, true);
});

test("an object by a schema", async () => {
  const text = '{"name":"Paris","inhabitants":2}';
  const { place, liter } = await make({ answer: { text } });
  const schema = z.object({ name: z.string(), inhabitants: z.number() });
  const { output } = await generateText({
    model: liter(NAME),
    prompt: "Where?",
    output: Output.object({ schema }),
  });
  assert.deepEqual(output, JSON.parse(text));
  const { response_format: format } = await place.asked();
  assert.equal(format.json_schema.strict, true);
  assert.deepEqual(format.json_schema.schema.required, ["name", "inhabitants"]);
});

for (const streamed of [false, true]) {
  test(`thinking goes back unchanged, streamed: ${streamed}`, async () => {
    const vector = streamed ? "anthropic_thinking" : "anthropic_thinking_whole";
    const { place, liter } = await make({ vector }, HELLO);
    const model = liter("anthropic/claude");
    const first = { role: "user", content: "Hello" };
    const options = { model, messages: [first], maxOutputTokens: 64 };
    const result = streamed ? streamText(options) : await generateText(options);
    if (streamed) await result.consumeStream();
    assert.match(await result.reasoningText, /^Hm/);
    const { messages } = await result.response;
    const again = { role: "user", content: "And?" };
    await generateText({ ...options, messages: [first, ...messages, again] });
    const { content } = (await place.asked()).messages[1];
    assert.equal(content[0].type, "thinking");
    assert.ok(content[0].signature.length > 0);
  });
}

test("files", async () => {
  const { place, liter } = await make(HELLO);
  const content = [
    { type: "text", text: "What is it?" },
    { type: "image", image: Buffer.from("\x89PNG\r\n\x1a\n", "latin1") },
    {
      type: "file",
      data: Buffer.from("%PDF-1.7"),
      mediaType: "application/pdf",
      filename: "a.pdf",
    },
  ];
  await generateText({
    model: liter(NAME),
    messages: [{ role: "user", content }],
  });
  const parts = (await place.asked()).messages[0].content;
  assert.match(parts[1].image_url.url, /^data:image\/png;base64,/);
  assert.equal(parts[2].file.filename, "a.pdf");
});

test("errors are ours, and are not tried again by the SDK", async () => {
  const refused = { status: 429, headers: [], error: { message: "slow" } };
  const { place, liter } = await make(refused, HELLO);
  const asked = generateText({ model: liter(NAME), prompt: "Hello" });
  await assert.rejects(asked, { kind: "RATE_LIMITED", status: 429 });
  assert.equal(await place.requests(), 1);
  const errors = [];
  const cut = await make(CUT);
  const result = streamText({
    model: cut.liter(NAME),
    prompt: "Hello",
    onError: ({ error }) => errors.push(error.kind),
  });
  let text = "";
  for await (const piece of result.textStream) text += piece;
  assert.deepEqual([text, errors], ["Hel", ["TRUNCATED"]]);
});

test("an abort closes the connection", async () => {
  const hang = { raw: [{ head: HEAD }, { token: "one" }, { hang: true }] };
  const { place, liter } = await make(hang);
  const abort = new AbortController();
  const result = streamText({
    model: liter(NAME),
    prompt: "Hello",
    abortSignal: abort.signal,
    onError: () => {},
  });
  for await (const piece of result.textStream) {
    assert.equal(piece, "one");
    abort.abort();
  }
  assert.ok(await place.closed());
});

test("a reader that leaves closes the connection", async () => {
  const hang = { raw: [{ head: HEAD }, { token: "one" }, { hang: true }] };
  const { place, liter } = await make(hang);
  const model = liter(NAME);
  const prompt = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];
  const { stream } = await model.doStream({ prompt });
  const reader = stream.getReader();
  for (;;) {
    const { value } = await reader.read();
    if (value.type === "text-delta") break;
  }
  await reader.cancel();
  assert.ok(await place.closed());
});

test("embeddings, a reranking, and a client of one's own", async () => {
  const place = await mock.plan({ ...HELLO, times: 3 });
  const client = new LiterLlm(place.options);
  const liter = createLiterLlm({ client });
  const { embeddings, usage } = await embedMany({
    model: liter.embeddingModel("openai/text-embedding-3-small"),
    values: ["a", "b"],
    providerOptions: { literLlm: { dimensions: 4 } },
  });
  assert.deepEqual(
    embeddings.map((vector) => vector.length),
    [4, 4],
  );
  assert.ok(usage.tokens > 0);
  const { ranking } = await rerank({
    model: liter.rerankingModel("cohere/rerank-v3.5"),
    query: "apples",
    documents: ["ships at sea", "apples and pears"],
    topN: 1,
  });
  assert.equal(ranking[0].originalIndex, 1);
  client.close();
});

test("the sample of the docs", async () => {
  const place = await mock.plan({ vector: "openai_tool_call_deltas" }, HELLO);
  const { stdout, stderr } = await runSample("chat.mjs", place);
  assert.deepEqual([stdout, stderr], ["Hello world", ""]);
});
