// node express.mjs
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import express from "express";
import { LiterLlm } from "liter-llm";

const llm = new LiterLlm();
const app = express();
app.use(express.json());

app.post("/chat", async (request, response) => {
  const left = new AbortController();
  response.on("close", () => left.abort()); // the request to the provider ends too
  const messages = [{ role: "user", content: request.body.text }];
  const stream = llm.invoke(
    { model: "openai/gpt-4o-mini", messages },
    { signal: left.signal },
  );
  try {
    await stream.begin(); // its errors still have a status of their own
  } catch (error) {
    response.status(error.retryable ? 503 : 502).json({ error: error.kind });
    return;
  }
  // Server-sent events: an error is one of them.
  response.type("text/event-stream").set("cache-control", "no-transform");
  const events = stream.toReadableStream({ format: "sse" });
  await pipeline(Readable.fromWeb(events), response).catch(() => {});
});

const server = app.listen(process.env.PORT ?? 3000, "localhost", () =>
  console.log(`http://localhost:${server.address().port}`),
);
