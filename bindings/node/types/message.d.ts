// Types of messages and their parts.

/** A message of a request. */
export interface Message {
  role: "system" | "developer" | "user" | "assistant" | "tool" | "function";
  /** Text, or parts such as `{ type: "text", text }` and `{ type: "image_url", image_url }`. */
  content?: string | readonly Part[] | null;
  name?: string;
  /** In an assistant's message: the tool calls that the model made. */
  tool_calls?: readonly {
    id: string;
    type: "function";
    function: { name: string; arguments: string };
    readonly [field: string]: unknown;
  }[];
  /** In a message with role "tool": the id of the tool call whose result it is. */
  tool_call_id?: string;
  /** In an assistant's message: the model's refusal. */
  refusal?: string | null;
}

/**
 * A part of a message, with the fields that its type has at the provider; the type is "text",
 * "refusal", "citation", ...
 */
export interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}
