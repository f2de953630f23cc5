// Responses and errors as answers of a script, which plays them again. Pure.
"use strict";

const { describe } = require("../describe.cjs");
const { LlmError, configError } = require("../error.cjs");
const { LlmResponse } = require("../llm_response.cjs");
const { scriptToCore } = require("../script_and_tape.cjs");

// The model of a response that a test made without saying which; the answer has the request's own.
const TEST_MODEL = "test-model";

// The script for the core.
function playedScript(script) {
  const played = Array.isArray(script)
    ? script.map(playedAnswer)
    : playedAnswer(script);
  return scriptToCore(played);
}

function playedAnswer(answer) {
  if (answer instanceof LlmResponse) return responseFields(answer);
  if (answer instanceof Error && !(answer instanceof LlmError))
    throw configError(
      `script: an answer is ${describe(answer)}: use fail() or an LlmError`,
    );
  if (!(answer instanceof LlmError)) return answer;
  const { kind, status, message, providerCode: code, retryAfterMs } = answer;
  const error = { kind, status, message, code, retryAfterMs };
  const { partial } = answer;
  const content = partial instanceof LlmResponse ? contentFields(partial) : {};
  return { ...content, error: withoutNulls(error) };
}

function responseFields(response) {
  const { model, usage, finishReason, finishReasonRaw } = response;
  const { raw: _, ...counts } = usage ?? {};
  return withoutNulls({
    ...contentFields(response),
    ...{ id: response.id, requestId: response.requestId },
    model: model === TEST_MODEL ? null : model,
    finishReason: finishReasonRaw ?? finishReason,
    usage: usage === null ? null : withoutNulls(counts),
  });
}

function contentFields({ text, reasoning, refusal, toolCalls, parts }) {
  const refusals = refusal === null ? [] : [{ type: "refusal", text: refusal }];
  return {
    ...{ text, reasoning, parts: [...refusals, ...parts] },
    toolCalls: toolCalls.map(({ id, name, arguments: input }) => ({
      ...{ id, name, arguments: input },
    })),
  };
}

const withoutNulls = (fields) =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null),
  );

module.exports = { TEST_MODEL, playedScript };
