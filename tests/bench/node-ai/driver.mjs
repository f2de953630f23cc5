// The AI SDK, as its documentation shows it. Apart from ../node, so that each has only what it
// needs installed.
import { readFileSync } from "node:fs";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";

import { drive } from "../node/drive.mjs";

const own = new URL("./node_modules/ai/package.json", import.meta.url);
const request = { prompt: "hello", maxRetries: 0 };

function open({ whole }) {
  const models = new Map();
  function modelOf(baseURL) {
    let model = models.get(baseURL);
    if (!model) {
      const provider = createOpenAICompatible({
        name: "mock",
        apiKey: "test-key",
        baseURL,
      });
      model = provider("test-model");
      models.set(baseURL, model);
    }
    return model;
  }
  async function ask(baseUrl, stream) {
    const model = modelOf(baseUrl);
    if (whole) {
      stream.token((await generateText({ ...request, model })).text);
      return;
    }
    let failure;
    const onError = ({ error }) => (failure = error);
    const { textStream } = streamText({ ...request, model, onError });
    for await (const text of textStream) stream.token(text);
    if (failure) throw failure;
  }
  const { version } = JSON.parse(readFileSync(own, "utf8"));
  return { ask, version: `ai (npm) ${version}` };
}

await drive(async () => open);
