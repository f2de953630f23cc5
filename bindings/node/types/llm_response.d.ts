// LlmResponse: what a model answered.

import type { AssistantMessage, Part } from "./message.js";
import type { FinishReason, Outcome, Tried, Usage } from "./receipt.js";

/** A response, or as much of it as was received. */
export class LlmResponse<Output = unknown> {
  private constructor();
  /** Only "complete" is a whole response; null while the stream is running. */
  readonly outcome: Outcome | null;
  /**
   * False with `collect: false`. Then text, reasoning, refusal, toolCalls, parts and content were
   * only given to the reader, and are empty here.
   */
  readonly collected: boolean;
  readonly text: string;
  readonly reasoning: string;
  /** The model's refusal, where the provider sends it apart from text. */
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** All other parts, in order. */
  readonly parts: readonly Part[];
  /** Text and the blocks that the provider wants back unchanged, in order: see message. */
  readonly content: readonly Part[];
  /** The provider's response id. */
  readonly id: string | null;
  /** The model that responds, as the provider names it; else as the request named it. */
  readonly model: string;
  readonly provider: string;
  /** The provider's request id. */
  readonly requestId: string | null;
  /** What the rate-limit headers said: requestsLimit, requestsRemaining, ... */
  readonly rateLimit: Readonly<Record<string, unknown>>;
  /** The response headers that `reportHeaders` names, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Fields of the request that were dropped or renamed for the provider (in the start event), then
   * what is unusual about the end, such as a missing finish reason (in the end event).
   */
  readonly warnings: readonly string[];
  readonly finishReason: FinishReason | null;
  /** The provider's own word for the finish reason. */
  readonly finishReasonRaw: string | null;
  readonly usage: Usage | null;
  /** How many requests were sent. */
  readonly attempts: number;
  /** Every attempt in order, where there were several or fallbacks; at most the last 64. */
  readonly tried: readonly Tried[];
  /** How many events of the stream this version does not know, and skipped. */
  readonly unknownEvents: number;
  /** When the first content arrived, in milliseconds since the call. */
  readonly firstTokenMs: number | null;
  /** When the stream ended, in milliseconds since the call. */
  readonly totalMs: number | null;
  /** How long the call waited for its turn, all its requests together; null without pacing. */
  readonly queuedMs: number | null;
  /**
   * What the option `output` asked for, once the stream was awaited; without that option undefined.
   * A TypeError where there is none: of a response that calls tools, or of a `partial` one.
   */
  readonly output: Output;
  /**
   * The responses before this one whose output was not what was asked for, with `outputRetries`.
   * Their usage is not part of `usage`.
   */
  readonly rejected: readonly LlmResponse[];
  /** The response as a message, for the next request's messages. A TypeError if not collected. */
  readonly message: AssistantMessage;
  /** All fields and the output, for JSON.stringify(). */
  toJSON(): Record<string, unknown>;
  /** The text. */
  toString(): string;
}

/** A whole tool call. */
export interface ToolCall {
  /** The number of the call in the response, from 0. */
  readonly index: number;
  /** The provider's call id; generated if the provider's is missing or already used. */
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it: check it before use. */
  readonly arguments: string;
  /** The provider's other fields of the call, which some providers want back. */
  readonly extra?: Readonly<Record<string, unknown>>;
}
