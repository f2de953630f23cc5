// Types of liter-llm/testing: tests without a key.

import { LiterLlm } from "./index.js";
import type { LlmError } from "./types/error.js";
import type { LlmResponse } from "./types/llm_response.js";
import type { EmbedResponse } from "./types/operation_responses.js";
import type { Options } from "./types/options.js";
import type { ErrorKind, Usage } from "./types/receipt.js";
import type {
  Script,
  ScriptAnswer,
  ScriptError,
  ScriptErrorKind,
  ScriptToolCall,
} from "./types/script.js";
import type { TapeMode, TapePace } from "./types/tape.js";

export * from "./types/script.js";
export * from "./types/tape.js";

/** Options of a ScriptedLlm. Which provider and API they name plays no part, so they may be yours. */
export type ScriptedOptions = Omit<Options, "script" | "tape">;

/** The same as `new ScriptedLlm(script, options)`. */
export function scripted(
  script?: Script,
  options?: ScriptedOptions,
): ScriptedLlm;

/**
 * A LiterLlm that a script answers, whatever provider a call names: nothing is sent and no key is
 * needed. Retries, timers, cancellation and limits work as ever.
 */
export class ScriptedLlm extends LiterLlm {
  /**
   * With a list each request takes the next answer that is for it, each attempt being one; one
   * answer is for every request. Without a script it repeats what it is told.
   */
  constructor(script?: Script, options?: ScriptedOptions);
  /** What was asked so far, each attempt, with the fields that its caller wrote. */
  requests(): Promise<AskedRequest[]>;
  /** How many answers are left, of those that do not repeat; null without a script. */
  answersLeft(): Promise<number | null>;
  /**
   * Throws an AssertionError that shows the difference unless this was asked. An object is for some
   * request, which is returned; a list is for all requests, in order. Fields that are not named do
   * not matter; a regular expression, a function, and a matcher such as `expect.any(String)` decide
   * about a value.
   */
  assertAsked(expected: Expected): Promise<AskedRequest>;
  assertAsked(expected: readonly Expected[]): Promise<AskedRequest[]>;
  /** Adds answers behind those that are left. */
  add(script: Script): Promise<void>;
  /** Forgets the answers that are left and the requests so far; the script is then this one. */
  reset(script?: Script): Promise<void>;
}

/** A request as its caller wrote it, without keys, headers and options. */
export interface AskedRequest {
  /** What it was for, such as `chat`. */
  readonly operation: string;
  readonly model: string;
  readonly [field: string]: any;
}

/** Fields of a request, and what is expected of them. */
export interface Expected {
  readonly [field: string]: unknown;
}

/** Other fields of an answer. */
export type More = Omit<ScriptAnswer, "error">;

/** An answer that is text: one comes word by word, a list in its own pieces. */
export function text(
  content: string | readonly string[],
  more?: ScriptAnswer,
): ScriptAnswer;
/** An answer that calls a tool; further calls are `toolCalls` of `more`. */
export function toolCall(
  name: string,
  input?: object | string,
  more?: ScriptAnswer,
): ScriptAnswer;
/** A failure, by default PROVIDER; behind content where `more` has some. */
export function fail(
  error?: ScriptErrorKind | number | ScriptError,
  more?: More,
): ScriptAnswer;
/** The failure RATE_LIMITED. */
export function rateLimited(
  error?: Omit<ScriptError, "kind">,
  more?: More,
): ScriptAnswer;
/** An answer whose connection ends behind the content, before the response is complete. */
export function cut(
  content?: string | readonly string[],
  more?: ScriptAnswer,
): ScriptAnswer;
/** An answer of which nothing comes behind the content, until a timer or the caller ends the call. */
export function hang(
  content?: string | readonly string[],
  more?: ScriptAnswer,
): ScriptAnswer;
/** An answer of embed(): a vector for each input. */
export function embeddings(
  vectors: readonly (readonly number[])[],
  more?: ScriptAnswer,
): ScriptAnswer;

/** Fields of a response; those that are not given are those of a short one that is complete. */
export type ResponseFields<Output = unknown> = Partial<
  Omit<
    LlmResponse<Output>,
    "toolCalls" | "usage" | "rejected" | "message" | "toJSON" | "toString"
  >
> & {
  /** As a script has them: the arguments may be an object. */
  readonly toolCalls?: readonly ScriptToolCall[];
  /** What is not given is null. */
  readonly usage?: Partial<Usage> | null;
};

/** A real LlmResponse. Without a text it is that of `output`, as JSON. */
export function makeResponse<Output = unknown>(
  fields?: ResponseFields<Output>,
): LlmResponse<Output>;

/** Fields of an error; those that are not given are what a provider's error of this kind has. */
export type ErrorFields = Partial<
  Omit<
    LlmError,
    "kind" | "code" | "message" | "name" | "stack" | "partial" | "toJSON"
  >
> & { readonly partial?: LlmResponse | EmbedResponse | null };

/** A real LlmError. */
export function makeError(
  kind: ErrorKind,
  message?: string,
  fields?: ErrorFields,
): LlmError;

/** Options of taped(). */
export interface TapedOptions extends Omit<Options, "script" | "tape"> {
  /** What the variable LITER_LLM_TAPE says wins. */
  mode?: TapeMode;
  pace?: TapePace;
  fileBytesMax?: number;
}

/**
 * A LiterLlm whose exchanges are on a file: recorded once, with a key, and from then on played
 * without network and key. The mode is what the variable LITER_LLM_TAPE says (`record`, `replay` or
 * `auto`), else the option `mode`, else `replay` where the file exists or CI is set, and `auto`
 * where not. Close it at the end of the test: the file is complete then.
 */
export function taped(file: string | URL, options?: TapedOptions): LiterLlm;
