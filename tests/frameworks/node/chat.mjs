import { stepCountIs, streamText, tool } from "ai";
import { createLiterLlm } from "liter-llm/ai-sdk";
import { z } from "zod";

const literLlm = createLiterLlm({ retriesMax: 2 });

const weather = tool({
  description: "The weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `In ${city} it rains.`,
});

const { textStream } = streamText({
  model: literLlm("openai/gpt-4o-mini"),
  prompt: "Do I need an umbrella in Paris?",
  tools: { weather },
  stopWhen: stepCountIs(3),
});
for await (const text of textStream) process.stdout.write(text);
