// A route that streams, and ends the stream when its own client leaves.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";

import { LiterLlm } from "liter-llm";

export const dynamic = "force-dynamic";

const { CHAT_URL } = process.env;
const options = { provider: "openai", apiKey: "k", baseUrl: CHAT_URL };
const llm = new LiterLlm({ ...options, logLevel: "debug" });
const storage = new AsyncLocalStorage();
const lines = new Map();

subscribe("liter-llm", () => {
  const name = storage.getStore();
  lines.set(name, (lines.get(name) ?? 0) + 1);
});

export function POST(request) {
  const name = new URL(request.url).searchParams.get("name");
  return storage.run(name, async () => {
    const { messages } = await request.json();
    const { signal } = request;
    const encoder = new TextEncoder();
    const reader = llm
      .invoke({ model: "m", messages }, { signal })
      [Symbol.asyncIterator]();
    const body = new ReadableStream({
      async pull(controller) {
        const { value, done } = await reader.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: () => reader.return(),
    });
    return new Response(body, { headers: { "content-type": "text/plain" } });
  });
}

// How many lines of the log came in the context of each request.
export function GET() {
  return Response.json(Object.fromEntries(lines));
}
