// The option `output`: schemas, and what is read with them.

import type { JsonSchema } from "./chat_fields.js";

/**
 * A schema of any library that follows Standard Schema and exports its JSON schema: zod from 4.2,
 * arktype from 2.1.28, and those of valibot that toStandardJsonSchema() of @valibot/to-json-schema
 * returns.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?:
      { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown, options?: any) => unknown;
    readonly jsonSchema: {
      readonly input: (options: { target: any }) => Record<string, unknown>;
    };
  };
}

/** What `output` takes. With a JSON schema the response is parsed and not checked. */
export type OutputSchema = StandardSchema<any, any> | JsonSchema;

/** What a schema makes of a response. */
export type InferOutput<Schema> = Schema extends undefined
  ? undefined
  : Schema extends StandardSchema<any, infer Output>
    ? Output
    : unknown;

/** What the model writes for a schema. */
export type InferInput<Schema> = Schema extends undefined
  ? never
  : Schema extends StandardSchema<infer Input, any>
    ? Input
    : unknown;

/** As much of a value as has come. */
export type DeepPartial<Value> = Value extends
  string | number | boolean | bigint | null | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? DeepPartial<Item>[]
    : Value extends object
      ? { [Name in keyof Value]?: DeepPartial<Value[Name]> }
      : Value;
