// The errors of requests.

import type { LlmResponse } from "./llm_response.js";
import type { EmbedResponse } from "./operation_responses.js";
import type { ErrorKind, Phase, Timer, Tried } from "./receipt.js";

/** One of two classes; each has none of the other's own fields. */
export type Either<A, B> =
  | (A & { readonly [Name in Exclude<keyof B, keyof A>]?: undefined })
  | (B & { readonly [Name in Exclude<keyof A, keyof B>]?: undefined });

/** The error of a request. The message is one line: what failed, with which value, what to do. */
export class LlmError extends Error {
  protected constructor();
  readonly kind: ErrorKind;
  /** The same as kind, under the name that Node.js uses. */
  readonly code: ErrorKind;
  /** The HTTP status, where one was received. */
  readonly status: number | null;
  /** The provider's own code or type. */
  readonly providerCode: string | null;
  readonly provider: string | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | null;
  /** How many requests were sent. */
  readonly attempts: number;
  /** Where in its life the last attempt failed. */
  readonly phase: Phase | null;
  /** The timer that ran out, with TIMEOUT. */
  readonly timer: Timer | null;
  /** The provider's request id; quote it to the provider's support. */
  readonly requestId: string | null;
  /** Whether the provider may have run the request, and may bill it. */
  readonly maybeExecuted: boolean;
  /** Whether it was not tried again only because the client's `retryBudget` is used up. */
  readonly retryBudgetExhausted: boolean;
  /** Every attempt of the call in order, where there were several or fallbacks. */
  readonly tried: readonly Tried[];
  /** What else the provider's error says, or the first 4 KiB of a body that could not be used. */
  readonly detail: string | null;
  /**
   * What was received before the error: of invoke() an LlmResponse, of embed() an EmbedResponse;
   * null when nothing was started, and of the other functions.
   */
  readonly partial: Either<LlmResponse, EmbedResponse> | null;
  /** The reason of the signal, where one cancelled the stream. */
  readonly cause?: unknown;
  /** All fields, with the message, for JSON.stringify(). */
  toJSON(): Record<string, unknown>;
}

/**
 * A response that is complete and is not what the option `output` asked for: no JSON, JSON that
 * does not fit the schema, JSON that is cut by a token limit, or a refusal. Its kind is PROTOCOL;
 * it is `retryable` where asking again may help.
 */
export class OutputError extends LlmError {
  private constructor();
  /** What the model wrote. */
  readonly text: string;
  /** The response; the same as `partial`. */
  readonly response: LlmResponse;
  /** What does not fit, and where. */
  readonly issues: readonly OutputIssue[];
}

export interface OutputIssue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
}
