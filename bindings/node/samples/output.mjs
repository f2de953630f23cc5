import { LiterLlm, OutputError } from "liter-llm";
import { z } from "zod";

const City = z.object({ name: z.string(), sights: z.array(z.string()) });
const llm = new LiterLlm({ provider: "openai" });
const message = { role: "user", content: "The largest city of Italy" };
const request = { model: "gpt-4o-mini", messages: [message] };

try {
  const options = { output: City, outputRetries: 1 };
  const { output } = await llm.invoke(request, options);
  console.log(output.name, output.sights.length);
} catch (error) {
  if (!(error instanceof OutputError)) throw error;
  console.log(error.message, error.issues, error.text);
}

// As it grows; what has come so far may lack anything.
const stream = llm.invoke(request, { output: City });
for await (const city of stream.partials()) console.log(city.sights ?? []);
console.log((await stream).output.sights);
