// What LiterLlm.batch has, and what it returns.

import type { OperationOptions } from "../index.js";
import type { LlmError } from "./error.js";
import type { ToolCall } from "./llm_response.js";
import type { Part } from "./message.js";
import type {
  BatchListing,
  BatchSubmission,
  EmbedRequest,
} from "./operations.js";
import type { FinishReason, Usage } from "./receipt.js";
import type { LlmRequest } from "./request.js";
import type { StreamReader } from "./stream.js";

/** Requests that a provider answers within a day at a lower price. */
export interface Batches {
  /**
   * Sends rows, all for one operation. A row that is wrong is found before anything is sent. Where
   * the answer is lost, the error's `maybeExecuted` is true and nothing is sent again: list() shows
   * whether there is a batch.
   */
  submit(
    rows: Iterable<BatchRow> | AsyncIterable<BatchRow>,
    options?: BatchSubmission & OperationOptions,
  ): Promise<Batch>;
  /**
   * How far a batch is, by its handle or by what was returned before. Nothing polls for you: ask
   * every 30 seconds at first, and later every 10 minutes.
   */
  status(batch: string | Batch, options?: OperationOptions): Promise<Batch>;
  /**
   * The results of a batch that has ended, in the provider's order: match them by their ids. They
   * are asked for when they are first iterated.
   */
  results(batch: string | Batch, options?: OperationOptions): BatchResults;
  /** Has the provider stop a batch; what has been answered stays. */
  cancel(batch: string | Batch, options?: OperationOptions): Promise<Batch>;
  /** The batches of the account, of all pages, or so many of them. */
  list(options?: BatchListing & OperationOptions): Promise<readonly Batch[]>;
}

/** One request of a batch. */
export interface BatchRow {
  /** Your own name of the row, which its result has again. */
  id: string;
  /**
   * What is asked: a request of invoke(), or with `operation: "embed"` one of embed(). It has no
   * options: those of submit() hold for all rows.
   */
  request: LlmRequest | (EmbedRequest & { operation: "embed" });
}

/** A batch and how far it is. What the provider does not say is null. */
export class Batch {
  private constructor();
  /**
   * The handle: text that finds the batch again, also after the process. It has no key, but may
   * have a base URL, to which the key is sent: take it from nobody whom you would not let name one.
   */
  readonly batch: string;
  /** The provider's id. */
  readonly id: string;
  /** The provider that has it. */
  readonly provider: string;
  /** In `ended` there may be results; in `failed` nothing ran. */
  readonly state: "validating" | "running" | "cancelling" | "ended" | "failed";
  /** The provider's own state. */
  readonly stateRaw: unknown;
  /** Rows, as far as they are counted. */
  readonly counts: Readonly<
    Partial<
      Record<
        "total" | "pending" | "succeeded" | "failed" | "cancelled" | "expired",
        number
      >
    >
  >;
  /** When it was made, in seconds since 1970. */
  readonly createdAt: number | null;
  /** When it ended, in seconds since 1970. */
  readonly endedAt: number | null;
  /** When what has not run by then expires, in seconds since 1970. */
  readonly expiresAt: number | null;
  /** The model of all rows. */
  readonly model: string | null;
  /** The address that all rows are for. */
  readonly endpoint: string | null;
  /** The labels that it was submitted with; `liter_batch` is this library's. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Why the batch failed. */
  readonly error: LlmError | null;
  /** The provider's own object. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/**
 * The results of a batch, row by row as they are read. They are read once; leaving the loop closes
 * the connection. Where they are cut, an error follows the rows that came: ask again, and skip
 * their ids.
 */
export class BatchResults implements AsyncIterable<BatchResult> {
  private constructor();
  [Symbol.asyncIterator](): StreamReader<BatchResult>;
  /** Closes the connection. Readers get a CANCELLED error. */
  cancel(): void;
  /** `await using`: closes the connection. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What became of one row of a batch. */
export interface BatchResult {
  /** The row's id, as it was submitted. */
  readonly id: string;
  readonly outcome: "succeeded" | "failed" | "cancelled" | "expired";
  /** What was answered; null for a row that did not succeed. */
  readonly response: BatchResponse | null;
  /** Its `retryable` says whether to submit the row again; null also where the row never ran. */
  readonly error: LlmError | null;
}

/** The answer to a row: of a chat, or of embeddings the vectors. */
export interface BatchResponse {
  /** The provider's response id. */
  readonly id: string | null;
  /** The model that responds, as the provider names it. */
  readonly model: string;
  readonly text: string;
  readonly reasoning: string;
  /** The model's refusal, where the provider sends it apart from text. */
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** All other parts, in order. */
  readonly parts: readonly Part[];
  readonly finishReason: FinishReason | null;
  /** The provider's own word for the finish reason. */
  readonly finishReasonRaw: string | null;
  readonly usage: Usage | null;
  /** Of embeddings, in the order of the row's inputs; null of a chat. */
  readonly vectors: readonly Float32Array[] | null;
  /** How many numbers each vector has. */
  readonly dimensions: number | null;
}
