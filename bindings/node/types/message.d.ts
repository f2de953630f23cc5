// Types of messages and their parts.

/** A message of a request. */
export interface Message {
  role: "system" | "developer" | "user" | "assistant" | "tool" | "function";
  /** Text, or parts such as `{ type: "text", text }` and `{ type: "image_url", image_url }`. */
  content?: string | readonly Part[] | null;
  name?: string;
  /** The calls of an assistant's message. */
  tool_calls?: readonly {
    id: string;
    type: "function";
    function: { name: string; arguments: string };
    readonly [field: string]: unknown;
  }[];
  /** Which call a message of the role "tool" is the result of. */
  tool_call_id?: string;
  refusal?: string | null;
}

/** A piece of a message: "text", "refusal", "citation", ..., in the provider's own fields. */
export interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}
