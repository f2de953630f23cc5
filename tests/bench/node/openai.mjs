// The openai package.
import { readFileSync } from "node:fs";

import OpenAI from "openai";

const own = new URL("./node_modules/openai/package.json", import.meta.url);
const MESSAGES = [{ role: "user", content: "hello" }];

export function open({ whole }) {
  const clients = new Map();
  function clientOf(baseURL) {
    let client = clients.get(baseURL);
    if (!client) {
      client = new OpenAI({ apiKey: "test-key", baseURL, maxRetries: 0 });
      clients.set(baseURL, client);
    }
    return client;
  }
  async function ask(baseUrl, stream) {
    const { completions } = clientOf(baseUrl).chat;
    const request = { model: "test-model", messages: MESSAGES };
    if (whole) {
      const reply = await completions.create(request);
      stream.token(reply.choices[0].message.content);
      return;
    }
    const chunks = await completions.create({ ...request, stream: true });
    for await (const chunk of chunks) {
      const text = chunk.choices[0]?.delta.content;
      if (text) stream.token(text);
    }
  }
  const { version } = JSON.parse(readFileSync(own, "utf8"));
  return { ask, version: `openai (npm) ${version}` };
}
