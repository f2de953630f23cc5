// Tools that a model may call, and those that a program defines with a schema.

import type { JsonSchema } from "./chat_fields.js";
import type { LlmResponse, ToolCall } from "./llm_response.js";
import type { CacheControl, ToolMessage } from "./message.js";
import type { OutputSchema, StandardSchema } from "./output.js";

/** A function that the model may call: tool() makes one. */
export interface FunctionTool {
  type: "function";
  function: {
    name: string;
    description?: string;
    /** The JSON schema of the arguments. */
    parameters?: JsonSchema;
    /** Whether the arguments fit the schema for certain, where the provider can. */
    strict?: boolean | null;
  };
  cache_control?: CacheControl;
}

/** A tool that the provider runs, such as its web search; it goes to it as it is. */
export interface ProviderTool {
  readonly type?:
    `${string}_${string}` | "custom" | "mcp" | "shell" | "systemTool";
  readonly function?: never;
  readonly [field: string]: unknown;
}

/** Which tool the model calls. */
export type ToolChoice =
  | "auto"
  | "none"
  | "required"
  | "any"
  | { type: "function"; function: { name: string } }
  | {
      type: "auto" | "any" | "tool" | "none" | "allowed_tools";
      readonly [field: string]: unknown;
    };

/** What a function that runs a tool gets beside its input. */
export interface ToolContext {
  /** The call, where runTools() runs it. */
  readonly call?: ToolCall;
  /** The signal of runTools(). */
  readonly signal?: AbortSignal | null;
}

/** What a function that runs a tool gets; that of a JSON schema is not checked. */
export type ToolInput<Schema> = Schema extends undefined
  ? Record<string, never>
  : Schema extends StandardSchema<any, infer Output>
    ? Output
    : any;

/** A tool with the function that runs it. It goes into the `tools` of a request as it is. */
export class Tool {
  private constructor();
  readonly type: "function";
  readonly function: FunctionTool["function"];
  readonly name: string;
  /** Checks arguments, which are JSON text, and runs the function. */
  run(text: string, context?: ToolContext): Promise<unknown>;
}

/** Defines a tool. */
export function tool<
  Schema extends OutputSchema | undefined = undefined,
>(definition: {
  /** Up to 64 letters, digits, `_` and `-`. */
  name: string;
  /** What it does and when to call it, for the model. */
  description?: string;
  /** The schema of its input; without one it has none. */
  input?: Schema;
  /** Whether the provider holds the model to the schema. */
  strict?: boolean;
  /** What it does. What it returns goes to the model: text, or as JSON. */
  run(input: ToolInput<Schema>, context: ToolContext): unknown;
}): Tool;

/**
 * Runs all calls of a response at once, and returns a message for each in their order: append them
 * to the messages, behind `response.message`. What goes wrong is the result of its call: arguments
 * that do not fit the schema, an error of the function, a tool that there is none of.
 */
export function runTools(
  response: Pick<LlmResponse, "toolCalls">,
  tools: readonly Tool[],
  options?: {
    /** Aborting it rejects with CANCELLED; the functions get it, too. */
    signal?: AbortSignal | null;
  },
): Promise<ToolMessage[]>;
