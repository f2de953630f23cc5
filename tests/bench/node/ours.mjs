// This library, as its README shows it.
import { LiterLlm, version } from "../../../bindings/node/index.mjs";

const MESSAGES = [{ role: "user", content: "hello" }];

export function open({ whole, ca }) {
  const llm = new LiterLlm({
    provider: "openai",
    apiKey: "test-key",
    retriesMax: 0,
    ...(ca ? { caFile: ca } : {}),
  });
  const request = { model: "test-model", messages: MESSAGES };
  async function ask(baseUrl, stream) {
    const call = llm.invoke({ ...request, base_url: baseUrl });
    if (whole) stream.token((await call).text);
    else for await (const token of call) stream.token(token);
  }
  return { ask, version: `liter-llm ${version}`, close: () => llm.close() };
}
