// node fastify.mjs
import { Readable } from "node:stream";

import Fastify from "fastify";
import { LiterLlm } from "liter-llm";

const llm = new LiterLlm();
const app = Fastify();
app.addHook("onClose", () => llm.close());

app.post("/chat", async (request, reply) => {
  const left = new AbortController();
  reply.raw.on("close", () => left.abort()); // the request to the provider ends too
  const messages = [{ role: "user", content: request.body.text }];
  const stream = llm.invoke(
    { model: "openai/gpt-4o-mini", messages },
    { signal: left.signal },
  );
  try {
    await stream.begin(); // its errors still have a status of their own
  } catch (error) {
    const status = error.retryable ? 503 : 502;
    return reply.code(status).send({ error: error.kind });
  }
  reply.type("text/plain; charset=utf-8");
  return reply.send(Readable.fromWeb(stream.toReadableStream()));
});

const port = Number(process.env.PORT ?? 3000);
console.log(await app.listen({ port, host: "localhost" }));
