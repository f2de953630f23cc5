// Types of liter-llm. Those of options, requests, usage and error kinds are generated in types/.

import type { Batches } from "./types/batches.js";
import type { Message, Part } from "./types/message.js";
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
  ErrorKind,
  FinishReason,
  Outcome,
  Phase,
  Timer,
  Tried,
  Usage,
} from "./types/receipt.js";
import type { Request } from "./types/request.js";

export * from "./types/api_key.js";
export * from "./types/batches.js";
export * from "./types/message.js";
export * from "./types/operation_responses.js";
export * from "./types/operations.js";
export * from "./types/options.js";
export * from "./types/receipt.js";
export * from "./types/request.js";

/** The version of the native core. */
export const version: string;

/**
 * A client of one or many providers. It checks its options, starts threads and opens connections at
 * the first request. Create one per thread; it cannot be shared with workers.
 */
export class LiterLlm {
  constructor(options?: Options);
  /** Returns one request as a Stream; it is sent when the stream is first iterated or awaited. */
  invoke(request: Request, options?: InvokeOptions): Stream;
  /**
   * Sends many requests, some of them at once, and gives what came of each as it comes. An error is
   * the result of its request, and the others go on. Requests are read as they can be sent: no more
   * than `concurrency` of them are ahead of the results that were taken, so there may be any
   * number. Leaving the loop closes the connections. Where reading the requests fails, the loop
   * does, after the results of those that were sent.
   */
  map<Input extends Request>(
    requests: Iterable<Input | PromiseLike<Input>> | AsyncIterable<Input>,
    options?: MapOptions,
  ): MapReader<Input>;
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
    request: Request,
    options?: OperationOptions,
  ): Promise<CountTokensResponse>;
  /** What the client has done so far. It asks nobody, so it comes at once. */
  stats(): Promise<Stats>;
  /** Batches, which a provider answers within a day at a lower price. */
  readonly batch: Batches;
  /** Ends every live call with CLOSED, at once; later requests fail with CLOSED. */
  close(): void;
}

/** Options of invoke(). */
export interface InvokeOptions extends CallOptions {
  /** Aborting it closes the connection and throws CANCELLED, with the reason as `cause`. */
  signal?: AbortSignal | null;
}

/** Options of map(), and those of the call of each request. */
export interface MapOptions extends InvokeOptions {
  /** How many requests run at once, 16 by default. */
  concurrency?: number;
  /**
   * Give the results in the order of the requests: a slow one then holds back those behind it, of
   * which no more than `concurrency` are read.
   */
  ordered?: boolean;
}

/** What came of a request of map(). */
export type MapResult<Input extends Request = Request> = {
  /** The number of the request, from 0. */
  readonly index: number;
  readonly request: Input;
} & (
  | { readonly response: Response; readonly error: null }
  | { readonly response: null; readonly error: LlmError }
);

/** The iterator of map(). */
export interface MapReader<
  Input extends Request = Request,
> extends AsyncIterableIterator<MapResult<Input>> {
  next(): Promise<IteratorResult<MapResult<Input>, undefined>>;
  /** Closes the connections of all that is under way; `break` calls it. */
  return(value?: any): Promise<IteratorResult<MapResult<Input>, any>>;
  throw(error?: any): Promise<IteratorResult<MapResult<Input>, any>>;
  [Symbol.asyncIterator](): MapReader<Input>;
}

/** Options of embed(), rerank(), countTokens() and batches. */
export interface OperationOptions extends Omit<CallOptions, "collect"> {
  /** Aborting it closes the connections and rejects with CANCELLED, with the reason as `cause`. */
  signal?: AbortSignal | null;
}

/** Options of models(). */
export type ModelsOptions = Omit<OperationOptions, "extraBody">;

/**
 * One response as it arrives. The request is sent when the stream is first iterated or awaited.
 * It can be iterated once; leaving the loop in any way closes the connection.
 *
 * An async function that returns a Stream awaits it, as it would a Promise.
 */
export class Stream implements AsyncIterable<string>, PromiseLike<Response> {
  private constructor();
  /** The text, in the pieces in which the provider sent it. */
  [Symbol.asyncIterator](): StreamReader<string>;
  /** Typed events instead of text. */
  events(): StreamReader<StreamEvent>;
  /** Closes the connection. Readers get a CANCELLED error; `response` has what was received. */
  cancel(): void;
  /** What was received so far; after the end, an error or a break, all of it. */
  readonly response: Response;
  /** `await stream`: the whole response, requested without streaming unless iteration has begun. */
  then<Result1 = Response, Result2 = never>(
    onResponse?:
      ((response: Response) => Result1 | PromiseLike<Result1>) | null,
    onError?: ((error: any) => Result2 | PromiseLike<Result2>) | null,
  ): Promise<Result1 | Result2>;
  catch<Result = never>(
    onError?: ((error: any) => Result | PromiseLike<Result>) | null,
  ): Promise<Response | Result>;
  finally(onEnd?: (() => void) | null): Promise<Response>;
}

/** The iterator of a stream. */
export interface StreamReader<Item> extends AsyncIterableIterator<Item> {
  next(): Promise<IteratorResult<Item, undefined>>;
  /** Closes the connection; `break` calls it. */
  return(value?: any): Promise<IteratorResult<Item, any>>;
  throw(error?: any): Promise<IteratorResult<Item, any>>;
  [Symbol.asyncIterator](): StreamReader<Item>;
}

/** A response, or as much of it as was received. */
export class Response {
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
  /** The response as a message, for the next request's messages. A TypeError if not collected. */
  readonly message: Message;
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

export type StreamEvent =
  | StartEvent
  | { readonly type: "text" | "reasoning"; readonly text: string }
  | ToolDeltaEvent
  | ({ readonly type: "tool_call" } & ToolCall)
  | { readonly type: "part"; readonly part: Part }
  | EndEvent;

/** The response begins. */
export interface StartEvent extends Pick<
  Response,
  | "id"
  | "model"
  | "provider"
  | "requestId"
  | "rateLimit"
  | "headers"
  | "warnings"
> {
  readonly type: "start";
}

/** A piece of a tool call; id and name come once, arguments piece by piece. */
export interface ToolDeltaEvent {
  readonly type: "tool_delta";
  readonly index: number;
  readonly id: string | null;
  readonly name: string | null;
  readonly arguments: string;
}

/** The response is complete. An incomplete one throws an LlmError instead. */
export interface EndEvent extends Pick<
  Response,
  | "finishReason"
  | "finishReasonRaw"
  | "usage"
  | "attempts"
  | "tried"
  | "unknownEvents"
  | "firstTokenMs"
  | "totalMs"
  | "queuedMs"
  | "requestId"
  | "warnings"
> {
  readonly type: "end";
}

/** One of two classes; each has none of the other's own fields. */
export type Either<A, B> =
  | (A & { readonly [Name in Exclude<keyof B, keyof A>]?: undefined })
  | (B & { readonly [Name in Exclude<keyof A, keyof B>]?: undefined });

/** The error of a request. The message is one line: what failed, with which value, what to do. */
export class LlmError extends Error {
  private constructor();
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
   * What was received before the error: of invoke() a Response, of embed() an EmbedResponse; null
   * when nothing was started, and of the other functions.
   */
  readonly partial: Either<Response, EmbedResponse> | null;
  /** The reason of the signal, where one cancelled the stream. */
  readonly cause?: unknown;
}
