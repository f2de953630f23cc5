// liter-llm/testing: a script answers whatever provider a program names, and knows what was asked.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { LiterLlm, LlmError, tool } from "liter-llm";
import * as testing from "liter-llm/testing";
import { cut, embeddings, fail, hang } from "liter-llm/testing";
import { makeError, makeResponse, rateLimited } from "liter-llm/testing";
import { scripted, text, toolCall } from "liter-llm/testing";

import { MESSAGES, read, test } from "./support.mjs";

const REQUEST = { model: "openai/gpt-4o-mini", messages: MESSAGES };
const ASKED = { operation: "chat", ...REQUEST };
const require = createRequire(import.meta.url);

const failureOf = (promise) =>
  promise.then(
    (value) => assert.fail(`it gave ${JSON.stringify(value)}`),
    (error) => error,
  );

test("require_and_import_of_testing_are_one", () => {
  const required = require("liter-llm/testing");

  assert.deepEqual(Object.keys(required).sort(), Object.keys(testing).sort());
  for (const [name, value] of Object.entries(required))
    assert.equal(testing[name], value, name);
  assert.ok(scripted() instanceof LiterLlm);
});

test("answers_come_in_order_and_are_read_in_every_way", async () => {
  const llm = scripted([
    "Hello world",
    text(["a", "bc"], { usage: { inputTokens: 3, outputTokens: 5 } }),
    toolCall("weather", { city: "Rome" }, { toolCalls: [{ name: "time" }] }),
    { reasoning: "so", text: "c", finishReason: "length", requestId: "q1" },
  ]);

  const pieces = await read(llm.invoke(REQUEST));
  const { text: whole, usage } = await llm.invoke(REQUEST);
  const { toolCalls, finishReason } = await llm.invoke(REQUEST);
  const last = await llm.invoke(REQUEST);

  assert.deepEqual(pieces, ["Hello", " world"]);
  assert.deepEqual(
    [whole, usage.inputTokens, usage.outputTokens],
    ["abc", 3, 5],
  );
  const calls = [
    { index: 0, id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
    { index: 1, id: "call_2", name: "time", arguments: "{}" },
  ];
  assert.deepEqual([toolCalls, finishReason], [calls, "tool_calls"]);
  const { reasoning, requestId } = last;
  const found = [reasoning, last.text, last.finishReason, requestId];
  assert.deepEqual(found, ["so", "c", "length", "q1"]);
  llm.close();
});

test("every_function_is_answered_whatever_provider_it_names", async () => {
  const options = {
    ...{ provider: "anthropic", api: "native", tape: "/nowhere/tape.jsonl" },
    ...{ retriesMax: 0, fallbacks: ["openai/other"] },
  };
  const llm = scripted(
    [
      ...[fail("OVERLOADED"), "of the client's fallback"],
      ...[fail(503), fail(503), "of a fallback", "of a call"],
      embeddings([[0.5, 1]], { when: { operation: "embed" } }),
      { scores: [0.25, 0.75] },
      { models: ["a"] },
      { inputTokens: 12 },
      "of map",
    ],
    options,
  );
  const ask = async (options) => {
    const { text, provider, model } = await llm.invoke(REQUEST, options);
    return [text, provider, model];
  };

  assert.deepEqual(await ask(), [
    ...["of the client's fallback", "script", "openai/other"],
  ]);
  const fallbacks = [
    { provider: "openai", model: "b", api: "responses" },
    { model: "anthropic/c", max_tokens: 5 },
  ];
  const third = ["of a fallback", "script", "anthropic/c"];
  assert.deepEqual(await ask({ fallbacks }), third);
  const ofCall = { provider: "openai", api: "responses" };
  const fourth = ["of a call", "script", "openai/gpt-4o-mini"];
  assert.deepEqual(await ask(ofCall), fourth);
  const embedded = await llm.embed({ model: "openai/e", input: "a" });
  assert.deepEqual(Array.from(embedded.values), [0.5, 1]);
  const documents = ["a", "b"];
  const rerank = { model: "cohere/r", query: "q", documents };
  const { results } = await llm.rerank(rerank, { provider: "cohere" });
  assert.deepEqual([results[0].index, results[0].score], [1, 0.75]);
  assert.equal((await llm.models({}, { provider: "xai" })).models[0].id, "a");
  assert.equal((await llm.countTokens(REQUEST)).inputTokens, 12);
  const [{ response }] = await read(llm.map([REQUEST], ofCall));
  assert.equal(response.text, "of map");
  assert.equal(await llm.answersLeft(), 0);
  const { providers } = await llm.stats();
  assert.deepEqual(Object.keys(providers), ["script"]);
  llm.close();
});

test("requests_are_as_their_caller_wrote_them", async () => {
  const llm = scripted([rateLimited(), "a", "b"]);
  const parts = [{ type: "text", text: "What is it?" }];
  const written = {
    ...{
      model: "xai/grok",
      temperature: 0.5,
      stop: ["x"],
      own_field: { a: 1 },
    },
    ...{
      messages: [{ role: "user", content: parts }],
      provider: { order: [] },
    },
    tools: [tool({ name: "f", run: () => 1 })],
  };

  const { tried } = await llm.invoke(written);
  await read(llm.invoke({ ...REQUEST, stream: true }, { apiKey: "test-key" }));

  const asked = JSON.parse(JSON.stringify({ operation: "chat", ...written }));
  const streamed = { ...ASKED, stream: true };
  assert.deepEqual(await llm.requests(), [asked, asked, streamed]);
  assert.deepEqual([tried[0].kind, tried[0].status], ["RATE_LIMITED", 429]);
  llm.close();
});

test("what_was_asked_can_be_asserted", async () => {
  const llm = scripted("a");
  await llm.assertAsked([]);
  await llm.invoke({ ...REQUEST, temperature: 0.5 });
  await llm.invoke(REQUEST);
  const anything = { asymmetricMatch: (found) => found === "user" };
  const messages = [{ role: anything, content: /^H.*o$/g }];

  const found = await llm.assertAsked({
    ...{ messages, temperature: (value) => value > 0.25 },
    user: undefined,
  });
  const all = await llm.assertAsked([
    { temperature: 0.5, messages },
    { messages },
  ]);

  assert.deepEqual(found, { ...ASKED, temperature: 0.5 });
  assert.deepEqual(all, await llm.requests());
  llm.close();
});

test("what_was_not_asked_is_shown_beside_the_nearest", async () => {
  const llm = scripted("a");
  const wrong = { messages: [{ content: "Hi" }], temperature: 0.5 };
  const nothing = await failureOf(llm.assertAsked({ model: "m" }));
  await llm.invoke(REQUEST);
  const one = await failureOf(llm.assertAsked(wrong));
  await llm.invoke({ ...REQUEST, temperature: 0.5 });
  const nearest = await failureOf(llm.assertAsked(wrong));
  const second = await failureOf(llm.assertAsked([{}, { temperature: 1 }]));
  const count = await failureOf(llm.assertAsked([{ model: "m" }]));
  const matched = await failureOf(llm.assertAsked({ model: /claude/ }));
  const more = [...MESSAGES, ...MESSAGES];
  const longer = await failureOf(llm.assertAsked({ messages: more }));

  for (const error of [nothing, one, nearest, second, count, matched, longer])
    assert.ok(error instanceof assert.AssertionError, String(error));
  assert.equal(nothing.message, "nothing was asked; expected { model: 'm' }");
  const content = "messages[0].content: asked 'Hello', expected 'Hi'";
  const missing = "temperature: asked undefined, expected 0.5";
  assert.equal(one.message, `the request differs in ${content}; ${missing}`);
  const place =
    "none of the 2 requests is as expected; the nearest, request 2,";
  assert.equal(nearest.message, `${place} differs in ${content}`);
  assert.deepEqual(nearest.actual, { ...ASKED, temperature: 0.5 });
  assert.deepEqual(nearest.expected, wrong);
  assert.equal(
    second.message,
    "request 2 of 2 differs in temperature: asked 0.5, expected 1",
  );
  assert.match(
    count.message,
    /^2 requests were made, expected 1; the last is \{/,
  );
  assert.match(matched.message, /model: asked 'openai.*expected \/claude\//);
  assert.match(longer.message, /request 1, differs in messages: asked \[/);
  await assert.rejects(llm.assertAsked("m"), TypeError);
  llm.close();
});

test("answers_are_added_and_forgotten", async () => {
  const llm = scripted([fail(400), "left"], { retriesMax: 0 });
  await failureOf(llm.invoke(REQUEST));

  await llm.add([{ text: "added", finishReason: "length" }]);
  assert.equal(await llm.answersLeft(), 2);
  await llm.reset(["new"]);
  assert.deepEqual(await llm.requests(), []);
  assert.equal((await llm.invoke(REQUEST)).text, "new");
  const { kind, message } = await failureOf(llm.invoke(REQUEST));
  assert.equal(kind, "CONFIG");
  assert.match(message, /^script: all answers are used up \(1\)/);
  await llm.reset();
  assert.equal((await llm.invoke(REQUEST)).text, "Hello");
  assert.equal(await llm.answersLeft(), null);
  await llm.add({ text: "rest", delayMs: 0 });
  assert.equal((await llm.invoke(REQUEST)).text, "rest");
  llm.close();
});

test("a_cut_and_a_silent_answer_are_what_they_are_with_a_provider", async () => {
  const llm = scripted([
    ...[cut("half"), hang("begun"), hang(), cut(undefined, { text: "b" })],
    fail({ kind: "OVERLOADED", message: "full" }, { text: "c" }),
  ]);

  const truncated = await failureOf(llm.invoke(REQUEST));
  const stream = llm.invoke(REQUEST);
  for await (const token of stream) {
    assert.equal(token, "begun");
    break;
  }
  const waiting = llm.invoke(REQUEST, {
    firstTokenTimeoutMs: 5,
    retriesMax: 0,
  });
  const late = await failureOf(waiting);
  const again = await failureOf(llm.invoke(REQUEST));
  const failed = await failureOf(llm.invoke(REQUEST));

  assert.ok(truncated instanceof LlmError);
  assert.deepEqual(
    [truncated.code, truncated.partial.text],
    [...["TRUNCATED", "half"]],
  );
  assert.equal(stream.response.outcome, "cancelled");
  assert.deepEqual([late.code, late.timer], ["TIMEOUT", "first_token"]);
  assert.equal(again.partial.text, "b");
  assert.deepEqual([failed.code, failed.partial.text], ["OVERLOADED", "c"]);
  llm.close();
});

test("responses_and_errors_are_played_again", async () => {
  const response = makeResponse({
    ...{ text: "Hi", reasoning: "so", refusal: "no", requestId: "q1" },
    toolCalls: [{ name: "f", arguments: { a: 1 }, id: "own" }],
    parts: [{ type: "citation", url: "u" }],
    usage: { inputTokens: 3, raw: {} },
    finishReason: "length",
  });
  const fields = { retryAfterMs: 5, status: 503, providerCode: "c1" };
  const partial = makeResponse({ text: "half" });
  const errors = [
    makeError("OVERLOADED", "full", fields),
    makeError("OVERLOADED", "full", { partial }),
  ];
  const script = [response, makeResponse({ model: "m2" }), ...errors];
  const llm = scripted(script, { retriesMax: 0 });

  const first = await llm.invoke(REQUEST);
  const second = await llm.invoke(REQUEST);
  const failed = await failureOf(llm.invoke(REQUEST));
  const cutOff = await failureOf(llm.invoke(REQUEST));
  await llm.add(makeError("TLS"));
  const added = await failureOf(llm.invoke(REQUEST));

  for (const name of ["text", "reasoning", "refusal", "toolCalls", "parts"])
    assert.deepEqual(first[name], response[name], name);
  for (const name of ["requestId", "finishReason"])
    assert.deepEqual(first[name], response[name], name);
  assert.equal(first.usage.inputTokens, 3);
  assert.deepEqual([first.model, second.model], [REQUEST.model, "m2"]);
  const { kind, status, providerCode, retryAfterMs, message } = failed;
  assert.deepEqual({ providerCode, retryAfterMs, status }, fields);
  assert.deepEqual([kind, failed.partial.text], ["OVERLOADED", ""]);
  const ofCut = [cutOff.kind, cutOff.partial.text];
  assert.deepEqual(ofCut, ["OVERLOADED", "half"]);
  assert.match(message, /full/);
  assert.equal(added.kind, "TLS");
  llm.close();
});

// Tests that run side by side have a client each, and get their own answers.
test("clients_side_by_side_keep_apart", async () => {
  const clients = Array.from({ length: 20 }, (_, number) =>
    scripted(Array.from({ length: 20 }, (_, index) => `${number}-${index}`)),
  );

  const all = await Promise.all(
    clients.map(async (llm, number) => {
      const request = { ...REQUEST, seed: number };
      const calls = Array.from({ length: 20 }, () => llm.invoke(request));
      const texts = (await Promise.all(calls)).map(({ text }) => text);
      return [texts, await llm.requests()];
    }),
  );

  for (const [number, [texts, asked]] of all.entries()) {
    const own = Array.from({ length: 20 }, (_, index) => `${number}-${index}`);
    assert.deepEqual(texts.sort(), own.sort());
    assert.deepEqual(asked, new Array(20).fill({ ...ASKED, seed: number }));
  }
  for (const llm of clients) llm.close();
});

test("an_error_of_another_kind_is_no_answer", () => {
  for (const script of [new Error("down"), ["one", new TypeError("down")]])
    assert.throws(() => scripted(script), {
      ...{ code: "CONFIG", message: /an answer is an instance of \w*Error/ },
    });
});
