/// <reference lib="esnext.disposable" />
// Types of liter-llm. Those of options, requests, usage and error kinds are generated in types/.

import type { Batches } from "./types/batches.js";
import type { LlmError } from "./types/error.js";
import type { LlmResponse } from "./types/llm_response.js";
import type {
  CountTokensResponse,
  EmbedResponse,
  ModelsResponse,
  RerankResponse,
  Stats,
} from "./types/operation_responses.js";
import type {
  EmbedRequest,
  ModelsRequest,
  RerankRequest,
} from "./types/operations.js";
import type { CallOptions, Options } from "./types/options.js";
import type {
  DeepPartial,
  InferInput,
  InferOutput,
  OutputSchema,
} from "./types/output.js";
import type { LlmRequest } from "./types/request.js";
import type { Stream } from "./types/stream.js";

export * from "./types/api_key.js";
export * from "./types/batches.js";
export * from "./types/chat_fields.js";
export * from "./types/error.js";
export * from "./types/llm_response.js";
export * from "./types/logger.js";
export * from "./types/message.js";
export * from "./types/operation_responses.js";
export * from "./types/operations.js";
export * from "./types/options.js";
export * from "./types/output.js";
export * from "./types/receipt.js";
export * from "./types/request.js";
export * from "./types/script.js";
export * from "./types/stream.js";
export * from "./types/tape.js";
export * from "./types/tools.js";

/** The version of the native core. */
export const version: string;

/**
 * A client of one or many providers. Its options are checked at once; it starts threads and opens
 * connections at the first request. Create one per thread; it cannot be shared with workers.
 */
export class LiterLlm {
  constructor(options?: Options);
  /** Returns one request as a Stream; it is sent when the stream is first iterated or awaited. */
  invoke<Schema extends OutputSchema | undefined = undefined>(
    request: LlmRequest,
    options?: InvokeOptions<Schema>,
  ): Stream<InferOutput<Schema>, DeepPartial<InferInput<Schema>>>;
  /**
   * Sends many requests, some of them at once, and gives what came of each as it comes. An error is
   * the result of its request, and the others go on. Requests are read as they can be sent: no more
   * than `concurrency` of them are ahead of the results that were taken, so there may be any
   * number. Leaving the loop closes the connections. Where reading the requests fails, the loop
   * does, after the results of those that were sent.
   */
  map<
    Input extends LlmRequest,
    Schema extends OutputSchema | undefined = undefined,
  >(
    requests: Iterable<Input | PromiseLike<Input>> | AsyncIterable<Input>,
    options?: MapOptions<Schema>,
  ): MapReader<Input, InferOutput<Schema>>;
  /**
   * Makes a vector of each input. A list may have any length: it is split by the provider's limits.
   * Where a part fails, the vectors that came are the error's `partial`.
   */
  embed(
    request: EmbedRequest,
    options?: OperationOptions,
  ): Promise<EmbedResponse>;
  /** Orders documents by how well they answer a query. */
  rerank(
    request: RerankRequest,
    options?: OperationOptions,
  ): Promise<RerankResponse>;
  /** Lists the models that a provider has, all pages. */
  models(
    request?: ModelsRequest,
    options?: ModelsOptions,
  ): Promise<ModelsResponse>;
  /** Has the provider count the tokens of a request that invoke() takes. */
  countTokens(
    request: LlmRequest,
    options?: OperationOptions,
  ): Promise<CountTokensResponse>;
  /** What the client has done so far. It asks nobody, so it comes at once. */
  stats(): Promise<Stats>;
  /** Batches, which a provider answers within a day at a lower price. */
  readonly batch: Batches;
  /** Ends every live call with CLOSED, at once; later requests fail with CLOSED. */
  close(): void;
  /** `await using`: the same as close(). */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of invoke(). */
export interface InvokeOptions<
  Schema extends OutputSchema | undefined = undefined,
> extends CallOptions {
  /**
   * The schema of the response, of zod or another library or a JSON schema: the model writes JSON
   * that fits it, and `response.output` is what the schema makes of that. It goes out as
   * `response_format`, in the form that each provider takes.
   */
  output?: Schema;
  /**
   * How many times an awaited response whose output does not fit is sent back to the model with
   * what is wrong, 0 by default.
   */
  outputRetries?: number;
  /** Aborting it closes the connection and throws CANCELLED, with the reason as `cause`. */
  signal?: AbortSignal | null;
}

/** Options of map(), and those of the call of each request. */
export interface MapOptions<
  Schema extends OutputSchema | undefined = undefined,
> extends InvokeOptions<Schema> {
  /** How many requests run at once, 16 by default. */
  concurrency?: number;
  /**
   * Give the results in the order of the requests: a slow one then holds back those behind it, of
   * which no more than `concurrency` are read.
   */
  ordered?: boolean;
}

/** What came of a request of map(). */
export type MapResult<
  Input extends LlmRequest = LlmRequest,
  Output = unknown,
> = {
  /** The number of the request, from 0. */
  readonly index: number;
  readonly request: Input;
} & (
  | { readonly response: LlmResponse<Output>; readonly error: null }
  | { readonly response: null; readonly error: LlmError }
);

/** The iterator of map(). */
export interface MapReader<
  Input extends LlmRequest = LlmRequest,
  Output = unknown,
> extends AsyncIterableIterator<MapResult<Input, Output>> {
  next(): Promise<IteratorResult<MapResult<Input, Output>, undefined>>;
  /** Closes the connections of all that is under way; `break` calls it. */
  return(value?: any): Promise<IteratorResult<MapResult<Input, Output>, any>>;
  throw(error?: any): Promise<IteratorResult<MapResult<Input, Output>, any>>;
  [Symbol.asyncIterator](): MapReader<Input, Output>;
}

/** Options of embed(), rerank(), countTokens() and batches. */
export interface OperationOptions extends Omit<CallOptions, "collect"> {
  /** Aborting it closes the connections and rejects with CANCELLED, with the reason as `cause`. */
  signal?: AbortSignal | null;
}

/** Options of models(). */
export type ModelsOptions = Omit<OperationOptions, "extraBody">;
