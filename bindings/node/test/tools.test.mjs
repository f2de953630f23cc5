// Tools that are defined with a schema, and the calls of one response.
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";

import { LlmError, Tool, runTools, tool } from "liter-llm";
import { z } from "zod";

import { Mock, REQUEST, chunk, streaming, test } from "./support.mjs";

const mock = await Mock.start();

const weather = tool({
  name: "weather",
  description: "The weather in a city",
  input: z.object({ city: z.string(), days: z.number().default(1) }),
  run: ({ city, days }) => `${city}: ${days}`,
});

const callOf = (name, input, id = name) => ({
  ...{ index: 0, id, name },
  arguments: typeof input === "string" ? input : JSON.stringify(input),
});
const responseOf = (...toolCalls) => ({ toolCalls });
const contentsOf = (messages) => messages.map(({ content }) => content);

test("a_tool_goes_into_a_request_as_it_is", async () => {
  const call = {
    ...{ index: 0, id: "call_1", type: "function" },
    function: { name: "weather", arguments: '{"city":"Hamburg"}' },
  };
  const key = await mock.plan([
    streaming(chunk({ tool_calls: [call] }), chunk({}, "tool_calls"), {
      done: true,
    }),
    { answer: { text: "It rains" } },
  ]);
  const llm = mock.connect(key);
  const request = { ...REQUEST, tools: [weather] };

  const response = await llm.invoke({ ...request, stream: true });
  const results = await runTools(response, [weather]);
  const messages = [...REQUEST.messages, response.message, ...results];
  await llm.invoke({ ...request, messages });

  assert.deepEqual(results, [
    { role: "tool", tool_call_id: "call_1", content: "Hamburg: 1" },
  ]);
  const [first, second] = (await mock.seen(key)).requests;
  assert.deepEqual(first.body.tools, [
    {
      type: "function",
      function: {
        ...{ name: "weather", description: "The weather in a city" },
        parameters: {
          type: "object",
          properties: {
            city: { type: "string" },
            days: { default: 1, type: "number" },
          },
          required: ["city"],
        },
      },
    },
  ]);
  assert.deepEqual(second.body.messages.slice(1), messages.slice(1));
});

test("calls_of_a_response_run_side_by_side", async () => {
  let release;
  const both = new Promise((resolve) => (release = resolve));
  let running = 0;
  const wait = tool({
    name: "wait",
    input: z.object({ result: z.any().optional() }),
    async run({ result }) {
      if (++running === 2) release();
      await both;
      return result;
    },
  });
  const calls = [
    callOf("wait", { result: { a: [1] } }, "1"),
    callOf("wait", { result: undefined }, "2"),
  ];

  const results = await runTools(responseOf(...calls), [wait]);

  assert.deepEqual(contentsOf(results), ['{"a":[1]}', "null"]);
  assert.deepEqual(
    results.map((message) => message.tool_call_id),
    ["1", "2"],
  );
});

test("what_goes_wrong_is_the_result_of_its_call", async () => {
  const fail = tool({
    name: "fail",
    run() {
      throw new Error("no database");
    },
  });
  const response = responseOf(
    callOf("fail", "{}"),
    callOf("fail", ""),
    callOf("wether", {}),
    callOf("weather", { city: 5 }),
    callOf("weather", '{"city":'),
    callOf("weather", { city: "Hamburg" }),
  );

  const results = await runTools(response, [fail, weather]);

  const contents = contentsOf(results);
  assert.deepEqual(contents.slice(0, 3), [
    '{"error":"no database"}',
    '{"error":"no database"}',
    '{"error":"there is no tool wether; there are: fail, weather"}',
  ]);
  assert.match(JSON.parse(contents[3]).error, /^city: .*expected string/);
  assert.match(JSON.parse(contents[4]).error, /JSON/);
  assert.equal(contents[5], "Hamburg: 1");
  const failed = results.map((message) => message.is_error);
  assert.deepEqual(failed, [true, true, true, true, true, undefined]);
  assert.deepEqual(await runTools(responseOf(), [weather]), []);
});

test("a_strict_tool_takes_null_for_what_is_left_out", async () => {
  const strict = tool({
    name: "search",
    input: z.object({ query: z.string(), limit: z.number().optional() }),
    strict: true,
    run: (input) => input,
  });
  const { parameters } = strict.function;
  assert.deepEqual(
    [strict.function.strict, parameters.required],
    [true, ["query", "limit"]],
  );

  const call = callOf("search", { query: "a", limit: null });
  const [{ content }] = await runTools(responseOf(call), [strict]);

  assert.deepEqual(JSON.parse(content), { query: "a" });
});

test("an_abort_ends_running_tools", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  let told;
  const started = new Promise((resolve) => (told = resolve));
  const hang = tool({
    name: "hang",
    run(_, context) {
      told(context.signal);
      return once(context.signal, "abort");
    },
  });
  const running = runTools(responseOf(callOf("hang", "{}")), [hang], {
    signal,
  });
  assert.equal(await started, signal);

  controller.abort(new Error("enough"));

  await assert.rejects(running, (error) => {
    assert.ok(error instanceof LlmError);
    assert.deepEqual(
      [error.code, error.cause.message],
      ["CANCELLED", "enough"],
    );
    return true;
  });
  await assert.rejects(runTools(responseOf(), [], { signal }), {
    code: "CANCELLED",
  });
  const other = new AbortController().signal;
  await runTools(responseOf(callOf("weather", {})), [weather], {
    signal: other,
  });
  assert.equal(getEventListeners(other, "abort").length, 0);
});

test("what_is_no_tool_is_refused", async () => {
  const run = () => {};
  for (const [definition, message] of [
    [{ name: "a b", run }, /tool: name: expected up to 64 letters/],
    [{ run }, /tool: name: .*, got undefined/],
    [{ name: "a" }, /tool a: run: expected a function, got undefined/],
    [{ name: "a", run, input: "x" }, /tool a: input: expected a Standard/],
    [
      { name: "a", run, input: { type: "object" }, strict: true },
      /no strict form/,
    ],
  ])
    assert.throws(() => tool(definition), { code: "CONFIG", message });
  assert.ok(weather instanceof Tool);
  await assert.rejects(runTools(responseOf(), [{}]), {
    code: "INVALID_REQUEST",
    message: /expected a list of what tool\(\) returned/,
  });
});

test("a_tool_that_is_defined_wrongly_is_refused", async () => {
  const run = () => "";
  const input = z.object({});
  for (const [definition, message] of [
    [undefined, /tool: expected an object such as .*, not undefined/],
    [{ name: "a", inputSchema: input, run }, /tool: inputSchema is unknown/],
    [{ name: "a", parameters: {}, run }, /tool: parameters is unknown/],
    [{ name: "get weather", run }, /tool: name: .*, got "get weather"/],
    [{ name: "a", input: z.string(), run }, /tool a: input: .* type string/],
    [{ name: "a", input: { type: "array" }, run }, /tool a: input: .* array/],
  ])
    assert.throws(() => tool(definition), { code: "CONFIG", message });
  const either = { anyOf: [{ type: "object" }, { type: "object" }] };
  assert.deepEqual(tool({ name: "a", input: either, run }).function, {
    ...{ name: "a", parameters: either },
  });
  for (const response of [undefined, Promise.resolve(responseOf())])
    await assert.rejects(() => runTools(response, [weather]), {
      ...{ code: "INVALID_REQUEST", message: /runTools: expected a response/ },
    });
});
