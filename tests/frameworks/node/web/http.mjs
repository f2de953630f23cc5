// node http.mjs
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import { LiterLlm } from "liter-llm";

const llm = new LiterLlm();

const server = createServer(async (request, response) => {
  const left = new AbortController();
  response.on("close", () => left.abort()); // the request to the provider ends too
  try {
    const messages = [{ role: "user", content: await text(request) }];
    const stream = llm.invoke(
      { model: "openai/gpt-4o-mini", messages },
      { signal: left.signal },
    );
    await stream.begin(); // its errors still have a status of their own
    response.setHeader("content-type", "text/plain; charset=utf-8");
    await pipeline(Readable.fromWeb(stream.toReadableStream()), response);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else response.writeHead(error.retryable ? 503 : 502).end(error.kind);
  }
});

server.listen(process.env.PORT ?? 3000, "localhost", () =>
  console.log(`http://localhost:${server.address().port}`),
);
