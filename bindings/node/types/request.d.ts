// Generated from core/schema/schema.json by generate.mjs; do not edit.

import type { ChatFields, ResponseFormat } from "./chat_fields.js";
import type { Message } from "./message.js";
import type { FunctionTool, ProviderTool, ToolChoice } from "./tools.js";

/**
 * A request, under the names of the chat completions API. Fields that are not set are
 * not sent; those of the provider's own go into `extraBody`.
 */
export interface LlmRequest extends ChatFields {
  /** The model; `provider/model` where no provider is named otherwise. */
  model: string;
  /** The conversation, at least one message. */
  messages: readonly Message[];
  /**
   * Maximum number of tokens in the response; `max_completion_tokens` is the same, and
   * wins.
   */
  max_tokens?: number;
  /** Sampling temperature. */
  temperature?: number;
  /** Nucleus sampling. */
  top_p?: number;
  /** Texts at which the response stops; one text counts as a list of one. */
  stop?: string | readonly string[];
  /** Seed of sampling: an integer from -(2^53-1) to 2^53-1. */
  seed?: number;
  /** Tools that the model may call. */
  tools?: readonly (FunctionTool | ProviderTool)[];
  /** Which tool the model calls: `auto`, `none`, `required`, or an object that names one. */
  tool_choice?: ToolChoice;
  /** The shape of the response, such as a JSON schema. */
  response_format?: ResponseFormat;
  /** How hard to think: `low`, `medium`, `high`, or the provider's own value. */
  reasoning_effort?:
    "none" | "minimal" | "low" | "medium" | "high" | (string & {});
  /**
   * Whether the response is streamed; by default true, except where a function returns
   * it whole.
   */
  stream?: boolean;
  /** The end user on whose behalf the request is sent. */
  user?: string;
  /** Labels for the provider's own records. */
  metadata?: Readonly<Record<string, string>>;
  /**
   * Fields for the provider's body that win over everything else; null takes a field
   * out.
   */
  extraBody?: Readonly<Record<string, unknown>>;
}
