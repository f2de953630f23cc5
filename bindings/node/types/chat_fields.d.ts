// Fields of a request that several providers take and the core knows, beside those it declares.

/** The form of a response. */
export type ResponseFormat =
  | { type: "text" }
  | { type: "json_object"; schema?: JsonSchema }
  | {
      type: "json_schema";
      json_schema: {
        name: string;
        description?: string;
        schema: JsonSchema;
        strict?: boolean | null;
      };
    };

/** A JSON schema. */
export interface JsonSchema {
  /** A Standard Schema has this, and is none. */
  readonly "~standard"?: never;
  readonly [keyword: string]: unknown;
}

/** Fields that are passed on, and translated where a provider has another name for them. */
export interface ChatFields {
  /** The provider to ask; an object goes to the provider's body, as OpenRouter's. */
  provider?: string | Readonly<Record<string, unknown>>;
  /** The same as `max_tokens`, and wins. */
  max_completion_tokens?: number;
  top_k?: number;
  min_p?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  repetition_penalty?: number;
  logit_bias?: Readonly<Record<string, number>>;
  /** Whether the probabilities of tokens come as parts. */
  logprobs?: boolean;
  top_logprobs?: number;
  /** Whether the model may call several tools at once. */
  parallel_tool_calls?: boolean;
  stream_options?: Readonly<Record<string, unknown>>;
  service_tier?: string;
  verbosity?: "low" | "medium" | "high";
  /** How the model thinks, as Anthropic and others have it. */
  thinking?: Readonly<Record<string, unknown>>;
  modalities?: readonly string[];
  audio?: Readonly<Record<string, unknown>>;
  prediction?: Readonly<Record<string, unknown>>;
  web_search_options?: Readonly<Record<string, unknown>>;
  prompt_cache_key?: string;
  safety_identifier?: string;
  store?: boolean;
}
