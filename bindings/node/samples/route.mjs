// app/chat/route.js of Next.js; the same in Hono, SvelteKit and whatever takes the web's Response.
import { LiterLlm } from "liter-llm";

const llm = new LiterLlm({ provider: "openai" });

export async function POST(request) {
  const { messages } = await request.json();
  const { signal } = request;
  const stream = llm.invoke({ model: "gpt-4o-mini", messages }, { signal });
  return stream.toTextStreamResponse(); // or toEventStreamResponse()
}
