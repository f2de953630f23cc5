// The types of `output`; checked by `npm run lint`, not run.
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import {
  LiterLlm,
  OutputError,
  type DeepPartial,
  type LlmResponse,
  type Stream,
} from "liter-llm";
import * as v from "valibot";
import { z } from "zod";

const llm = new LiterLlm();
const request = { model: "m", messages: [] };

interface City {
  name: string;
  places: { title: string; visits: number }[];
}

const ofZod = z.object({
  name: z.string(),
  places: z.array(z.object({ title: z.string(), visits: z.number() })),
});
const ofArktype = type({
  name: "string",
  places: type({ title: "string", visits: "number" }).array(),
});
const ofValibot = toStandardJsonSchema(
  v.object({
    name: v.string(),
    places: v.array(v.object({ title: v.string(), visits: v.number() })),
  }),
);

export async function zod(): Promise<City> {
  const response = await llm.invoke(request, { output: ofZod });
  const typed: LlmResponse<City> = response;
  return typed.output;
}

export async function arktype(): Promise<City> {
  const options = { output: ofArktype, outputRetries: 1 };
  return (await llm.invoke(request, options)).output;
}

export async function valibot(): Promise<City> {
  return (await llm.invoke(request, { output: ofValibot })).output;
}

// What the schema makes of the JSON is the output; what the model writes comes in parts.
export async function transformed(): Promise<Date> {
  const schema = z.object({
    at: z.string().transform((text) => new Date(text)),
  });
  const stream = llm.invoke(request, { output: schema });
  for await (const { at } of stream.partials()) at?.toUpperCase();
  return (await stream).output.at;
}

export async function partials(): Promise<DeepPartial<City>[]> {
  const found: DeepPartial<City>[] = [];
  for await (const city of llm.invoke(request, { output: ofZod }).partials()) {
    found.push(city);
    console.log(city.places?.[0]?.title?.toUpperCase());
    // @ts-expect-error: it may not have come yet
    city.name.toUpperCase();
  }
  return found;
}

export async function jsonSchema(): Promise<unknown> {
  const output = { type: "object", properties: { name: { type: "string" } } };
  const response = await llm.invoke(request, { output });
  // @ts-expect-error: nothing is known of it
  response.output.name;
  return response.output;
}

export async function many(): Promise<string[]> {
  const names: string[] = [];
  for await (const { response, error } of llm.map([request], { output: ofZod }))
    names.push(error ? error.message : response.output.name);
  return names;
}

export async function without(): Promise<undefined> {
  return (await llm.invoke(request)).output;
}

// A function for any response takes those with an output, too.
export async function anyResponse(): Promise<string[]> {
  const textOf = (response: LlmResponse): string => response.text;
  const read = (stream: Stream): PromiseLike<LlmResponse> => stream;
  const typed = llm.invoke(request, { output: ofZod });
  return [textOf(await typed), textOf(await read(llm.invoke(request)))];
}

export function explain(error: unknown): string {
  if (!(error instanceof OutputError)) return "";
  const [issue] = error.issues;
  return `${error.text} ${issue?.path.join(".") ?? ""} ${error.response.model}`;
}

// @ts-expect-error: valibot's own schemas export no JSON schema
llm.invoke(request, { output: v.object({ name: v.string() }) });
// @ts-expect-error: no schema
llm.invoke(request, { output: "json" });
