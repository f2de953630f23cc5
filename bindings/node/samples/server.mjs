import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });

// The same for Express. A client that goes away closes the connection to the provider.
const server = createServer(async (request, response) => {
  const { searchParams, pathname } = new URL(request.url, "http://host");
  const content = searchParams.get("q") ?? "Hello";
  const messages = [{ role: "user", content }];
  const stream = llm.invoke({ model: "gpt-4o-mini", messages });
  const format = pathname === "/events" ? "sse" : "text";
  const type = format === "sse" ? "text/event-stream" : "text/plain";
  response.setHeader("content-type", `${type}; charset=utf-8`);
  try {
    const bytes = stream.toReadableStream({ format });
    await pipeline(Readable.fromWeb(bytes), response);
  } catch (error) {
    console.error(String(error));
  }
});

server.listen(process.env.PORT ?? 3000, "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
