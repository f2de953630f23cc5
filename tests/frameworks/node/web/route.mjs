// app/chat/route.js of Next.js; the same in Hono, SvelteKit and whatever takes the web's Response.
import { LiterLlm } from "liter-llm";

const llm = new LiterLlm();

export async function POST(request) {
  const { messages } = await request.json();
  const { signal } = request; // aborted when the client leaves
  const model = "openai/gpt-4o-mini";
  const stream = llm.invoke({ model, messages }, { signal });
  try {
    await stream.begin(); // its errors still have a status of their own
  } catch (error) {
    const status = error.retryable ? 503 : 502;
    return Response.json({ error: error.kind }, { status });
  }
  return stream.toTextStreamResponse(); // or toEventStreamResponse()
}
