// Generated from core/schema/schema.json by generate.mjs; do not edit.

import type { Part } from "./message.js";
import type { ErrorKind, FinishReason, Usage } from "./receipt.js";

/**
 * What provider `script` answers: a list of answers, each for one request, or one
 * answer for all.
 */
export type Script = string | ScriptAnswer | readonly (string | ScriptAnswer)[];

/** One answer of a script. A text alone is an answer, too. */
export interface ScriptAnswer {
  /** The text: one text comes word by word, a list in its own pieces. */
  text?: string | readonly string[];
  /** The reasoning before the text, likewise. */
  reasoning?: string | readonly string[];
  /** Calls of tools. */
  toolCalls?: readonly ScriptToolCall[];
  /** Other parts of the response, behind the text: objects with a `type`. */
  parts?: readonly Part[];
  /** Why the model stopped; by default "tool_calls" where there are some, else "stop". */
  finishReason?: FinishReason | (string & {});
  /** What was counted, such as `{ inputTokens: 3, outputTokens: 5 }`. */
  usage?: ScriptUsage;
  /** The id of the response. */
  id?: string;
  /** The model that answers; by default the one of the request. */
  model?: string;
  /** The provider's request id. */
  requestId?: string;
  /** Further headers of the response, such as those of rate limits. */
  headers?: Readonly<Record<string, string>>;
  /** How long the first piece takes, or the error where there is none. */
  delayMs?: number;
  /** How long each further piece takes. */
  pieceDelayMs?: number;
  /**
   * A failure, behind the content if there is any: the name of an error kind, an HTTP
   * status, or an object with `kind`, `status`, `message`, `code` and `retryAfterMs`.
   */
  error?: ScriptErrorKind | number | ScriptError;
  /** The connection ends behind the content, before the response is complete. */
  cut?: boolean;
  /** Nothing follows the content, until a timer or the caller ends the call. */
  hang?: boolean;
  /** For `embed`: a vector for each input. */
  embeddings?: readonly (readonly number[])[];
  /** For `rerank`: a score for each document. */
  scores?: readonly number[];
  /** For `models`: names, or objects with an `id`. */
  models?: readonly (string | Readonly<Record<string, unknown>>)[];
  /** For `countTokens`: how many. */
  inputTokens?: number;
  /** Which requests it is for; by default any. */
  when?: ScriptCondition;
  /** It is for every such request, not for one alone. */
  repeat?: boolean;
}

/** A call of a tool. */
export interface ScriptToolCall {
  name: string;
  /** An object, or its JSON as text, which may be wrong. */
  arguments?: object | string;
  /** By default `call_1`, `call_2`, ... */
  id?: string;
}

/** What was counted. */
export type ScriptUsage = {
  readonly [Name in Exclude<keyof Usage, "raw">]?: number;
};

/** A kind of error that a provider can cause. */
export type ScriptErrorKind = Exclude<
  ErrorKind,
  | "INVALID_ARGUMENT"
  | "CONFIG"
  | "CANCELLED"
  | "CLOSED"
  | "INTERNAL"
  | "UNKNOWN"
>;

/** A failure. One of `kind` and `status` is enough. */
export interface ScriptError {
  /** The error kind, such as `RATE_LIMITED`; by default what the status means. */
  kind?: ScriptErrorKind;
  /** The HTTP status; by default one that the kind has, 500 without a kind. */
  status?: number;
  /** The provider's message. */
  message?: string;
  /** The provider's own code. */
  code?: string;
  /** The wait that the provider asks for. */
  retryAfterMs?: number;
}

/** Which requests an answer is for: all that is given must hold. */
export interface ScriptCondition {
  /** The model of the request, without the provider. */
  model?: string;
  /** What is asked for, such as `chat` or `embed`. */
  operation?: "chat" | "embed" | "rerank" | "models" | "count_tokens";
  /**
   * Something that the last message of the user contains, or an input or the query of
   * another operation.
   */
  contains?: string;
}
