// What embed(), rerank(), models(), countTokens() and stats() return.

import type {
  InputTokens,
  Model,
  ProviderStats,
  RerankResult,
} from "./operations.js";
import type { Outcome, Tried, Usage } from "./receipt.js";

/** What every operation returns. */
export interface OperationResponse {
  /** "complete"; of a `partial` response how the call ended. */
  readonly outcome: Outcome | null;
  /** The provider's response id; of several requests the first's. */
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
  /** What was left out or renamed on the way to the provider, and what is unusual. */
  readonly warnings: readonly string[];
  /** Tokens of all requests together. */
  readonly usage: Usage | null;
  /** How many requests were sent, retries included. */
  readonly attempts: number;
  /** Every attempt in order, where there were several or fallbacks; at most the last 64. */
  readonly tried: readonly Tried[];
  /** Into how many requests the call was split. */
  readonly requests: number;
  /** When the call ended, in milliseconds since it began. */
  readonly totalMs: number | null;
  /** How long the call waited for its turn, all its requests together; null without pacing. */
  readonly queuedMs: number | null;
}

/** The vectors of a request, or as many of them as were received. */
export class EmbedResponse {
  private constructor();
  /** The vectors, in the order of the inputs: views of `values`. */
  readonly vectors: readonly Float32Array[];
  /** All numbers, vector behind vector. */
  readonly values: Float32Array;
  /** Numbers in each vector; 0 where it is not known. */
  readonly dimensions: number;
  /** How many vectors there are. */
  readonly count: number;
  /** Positions of the inputs that the provider cut, where it says so. */
  readonly truncated: readonly number[];
  /**
   * With an error: the inputs that the vectors belong to, in their order, as pairs of the first
   * input and the one behind the last.
   */
  readonly finishedRanges: readonly (readonly [number, number])[];
  /** With an error: the inputs that have no vectors, as such pairs. */
  readonly failedRanges: readonly (readonly [number, number])[];
  /** All fields, with the vectors as lists of numbers, for JSON.stringify(). */
  toJSON(): Record<string, unknown>;
}
export interface EmbedResponse extends OperationResponse {}

/** The documents of a request by how well they answer its query. */
export class RerankResponse {
  private constructor();
  /** Best first. Scores of two models cannot be compared. */
  readonly results: readonly RerankResult[];
}
export interface RerankResponse extends OperationResponse {}

/** The models of a provider. */
export class ModelsResponse {
  private constructor();
  /** Those of all pages. */
  readonly models: readonly Model[];
}
export interface ModelsResponse extends OperationResponse {}

/** How many tokens a request has. */
export class CountTokensResponse {
  private constructor();
}
export interface CountTokensResponse extends OperationResponse, InputTokens {}

/** What a client has done since it was made, and does now. */
export class Stats {
  private constructor();
  /** Calls that were started and have not ended, those that wait for their turn among them. */
  readonly live: number;
  /** Requests that wait for their turn, as the client's pacing options want it. */
  readonly queued: number;
  /** What was sent to each provider, by its name. */
  readonly providers: Readonly<Record<string, ProviderStats>>;
}
