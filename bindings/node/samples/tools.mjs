import { LiterLlm, runTools, tool } from "liter-llm";

// Works with every provider: node tools.mjs anthropic claude-sonnet-4-5
const [provider = "openai", model = "gpt-4o-mini"] = process.argv.slice(2);

const weather = tool({
  name: "weather",
  description: "The weather in a city",
  // A JSON schema, or one of zod or another library, which also checks and types the input.
  input: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
  run: async ({ city }) => `In ${city} it rains.`,
});

const llm = new LiterLlm({ provider });
const tools = [weather];
const messages = [
  { role: "user", content: "Do I need an umbrella in Hamburg?" },
];
let results;
do {
  const stream = llm.invoke({ model, messages, tools });
  for await (const event of stream.events()) {
    if (event.type === "text") process.stdout.write(event.text);
    if (event.type === "tool_call")
      console.log(`${event.name}(${event.arguments})`);
  }
  results = await runTools(stream.response, tools);
  messages.push(stream.response.message, ...results);
} while (results.length > 0);
