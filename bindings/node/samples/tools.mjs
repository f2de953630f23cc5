import { LiterLlm } from "liter-llm";

// Works with every provider: node tools.mjs anthropic claude-sonnet-4-5
const [provider = "openai", model = "gpt-4o-mini"] = process.argv.slice(2);

const WEATHER = {
  type: "function",
  function: {
    name: "weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};

function weather({ city }) {
  return `In ${city} it rains.`;
}

const llm = new LiterLlm({ provider });
const messages = [
  { role: "user", content: "Do I need an umbrella in Hamburg?" },
];
let wanted;
do {
  const stream = llm.invoke({ model, messages, tools: [WEATHER] });
  for await (const event of stream.events()) {
    if (event.type === "text") process.stdout.write(event.text);
    if (event.type === "tool_call")
      console.log(`${event.name}(${event.arguments})`);
  }
  messages.push(stream.response.message);
  wanted = stream.response.toolCalls;
  for (const call of wanted) {
    const content = weather(JSON.parse(call.arguments));
    messages.push({ role: "tool", tool_call_id: call.id, content });
  }
} while (wanted.length > 0);
