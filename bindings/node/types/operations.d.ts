// Generated from core/schema/schema.json by generate.mjs; do not edit.

import type { Part } from "./message.js";

/** One thing to embed: a text, its token ids, or parts that become one vector. */
export type EmbedInput = string | readonly number[] | readonly Part[];

/**
 * A request of embed(). Fields that are not set are not sent; those of the provider's
 * own go into `extraBody`.
 */
export interface EmbedRequest {
  /** The model; `provider/model` where no provider is named otherwise. */
  model: string;
  /**
   * What to embed: a text, or a list whose entries are texts, lists of token ids, or
   * lists of content parts (`text`, `image_url`).
   */
  input: string | readonly EmbedInput[];
  /**
   * What the vectors are for: `query`, `document`, `classification`, `clustering`,
   * `similarity`, `code_query`, or the provider's own word.
   */
  input_type?: string;
  /** Length of the vectors, where the model can do several. */
  dimensions?: number;
  /**
   * What happens to an input that is too long: `none` (an error), `start` or `end`
   * (which of its ends is cut off).
   */
  truncate?: string;
  /** Whether the vectors are scaled to length 1 here; by default they stay as they came. */
  normalize?: boolean;
  /** How many inputs one HTTP request has at most, below the provider's own limit. */
  inputs_per_request?: number;
  /** The end user on whose behalf the request is sent. */
  user?: string;
  /**
   * Fields for the provider's body that win over everything else; null takes a field
   * out.
   */
  extraBody?: Readonly<Record<string, unknown>>;
}

/**
 * A request of rerank(). Fields that are not set are not sent; those of the provider's
 * own go into `extraBody`.
 */
export interface RerankRequest {
  /** The model; `provider/model` where no provider is named otherwise. */
  model: string;
  /** What the documents should answer. */
  query: string;
  /** The documents: texts, or objects. */
  documents: readonly (string | Readonly<Record<string, unknown>>)[];
  /** How many results to return; by default all. */
  top_n?: number;
  /** Tokens of each document that are read. */
  max_tokens_per_doc?: number;
  /**
   * What happens to a document that is too long: `none` (an error), `start` or `end`
   * (which of its ends is cut off).
   */
  truncate?: string;
  /**
   * Fields for the provider's body that win over everything else; null takes a field
   * out.
   */
  extraBody?: Readonly<Record<string, unknown>>;
}

/** A request of models(). Its fields go to the query of the URL. */
export interface ModelsRequest {
  [field: string]: unknown;
}

/** What batch.submit() takes beside the options of its call. */
export interface BatchSubmission {
  /** Labels for the provider's own records, beside the mark `liter_batch`. */
  metadata?: Readonly<Record<string, unknown>>;
  /** How many seconds the provider keeps the files of the batch, where it can be told. */
  expiresAfterS?: number;
}

/** What batch.list() takes beside the options of its call. */
export interface BatchListing {
  /** How many batches `list` returns at most; by default all. */
  limit?: number;
}

/** A document and how well it answers the query. */
export interface RerankResult {
  /** Position among the documents of the request. */
  readonly index: number;
  /**
   * How well it answers the query, by the model's own measure; absent where the provider
   * sent no number.
   */
  readonly score: number | null;
  /** The document as the request has it. */
  readonly document: string | Readonly<Record<string, unknown>>;
}

/** A model of a provider. What the provider does not say is null. */
export interface Model {
  /** What a request names it. */
  readonly id: string;
  /** Its name for people. */
  readonly name: string | null;
  /** When it was made, in seconds since 1970. */
  readonly created: number | null;
  /** Who made it or has it. */
  readonly owner: string | null;
  /** Tokens that a request may have. */
  readonly inputTokensMax: number | null;
  /** Tokens that a response may have. */
  readonly outputTokensMax: number | null;
  /**
   * What it can do, as far as the provider says: chat, embed, rerank, batch, tools,
   * image_input, structured_output, reasoning.
   */
  readonly capabilities: readonly string[] | null;
  /** Whether it is deprecated. */
  readonly deprecated: boolean | null;
  /** When it is switched off, in seconds since 1970. */
  readonly retiresAt: number | null;
  /** The provider's own object. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** How many tokens a request has. What the provider does not say is null. */
export interface InputTokens {
  /** Tokens of the request. */
  readonly inputTokens: number;
  /** Those of them that would be read from a cache. */
  readonly cachedInputTokens: number | null;
  /** The tokens themselves, where the provider returns them. */
  readonly tokenIds: readonly number[] | null;
  /** The number of tokens by kind of content, in the provider's words. */
  readonly details: unknown;
  /** Characters that are charged, where the provider charges those. */
  readonly billableCharacters: number | null;
}

/** What a client has sent to one provider. */
export interface ProviderStats {
  /** HTTP requests, retries among them. */
  readonly requests: number;
  /** Requests that were not the first attempt of their call. */
  readonly retries: number;
  /** Requests that the provider refused with 429, or as rate limited in its own words. */
  readonly rateLimited: number;
  /** Tokens of requests, as far as receipts say. */
  readonly inputTokens: number;
  /** Tokens of responses, as far as receipts say. */
  readonly outputTokens: number;
  /**
   * Half of the chats had their first content sooner, in milliseconds since their
   * request was sent and exact to 12 %; absent before the first one.
   */
  readonly firstTokenP50Ms: number | null;
  /** The same for 99 of 100 chats. */
  readonly firstTokenP99Ms: number | null;
}
