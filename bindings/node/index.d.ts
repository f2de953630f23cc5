// Types of liter-llm.

/** The version of the native core. */
export const version: string;

/**
 * Talks to providers. Cheap to make: connections, threads and the check of the options wait for the
 * first request. Each thread, the main one and workers, makes its own.
 */
export class LiterLlm {
  constructor(options?: Options);
  /** One request. Returns at once and sends nothing: see Stream for what can be done with it. */
  invoke(request: Request, options?: InvokeOptions): Stream;
  /** Ends every live stream with CLOSED and takes no more. At once. */
  close(): void;
}

/**
 * One answer, to come. It starts when it is first used: iterated, or awaited. It can be iterated
 * once; leaving the loop in any way closes the connection.
 *
 * An async function that returns a Stream awaits it, as it does with a Promise.
 */
export class Stream implements AsyncIterable<string>, PromiseLike<Response> {
  private constructor();
  /** The text, piece by piece, as the provider cut it. */
  [Symbol.asyncIterator](): StreamReader<string>;
  /** Typed events, in place of the text. */
  events(): StreamReader<StreamEvent>;
  /** Closes the connection. What was received stays readable; then there is a CANCELLED error. */
  cancel(): void;
  /** What was received so far; after the end, an error or a break, all of it. */
  readonly response: Response;
  /** `await stream`: all of the answer. Asks for it in one piece, unless the stream is running. */
  then<Result1 = Response, Result2 = never>(
    onAnswer?: ((response: Response) => Result1 | PromiseLike<Result1>) | null,
    onError?: ((error: any) => Result2 | PromiseLike<Result2>) | null,
  ): Promise<Result1 | Result2>;
  catch<Result = never>(
    onError?: ((error: any) => Result | PromiseLike<Result>) | null,
  ): Promise<Response | Result>;
  finally(onEnd?: (() => void) | null): Promise<Response>;
}

export interface StreamReader<Item> extends AsyncIterableIterator<Item> {
  next(): Promise<IteratorResult<Item, undefined>>;
  /** Closes the connection; what `break` calls. */
  return(value?: any): Promise<IteratorResult<Item, any>>;
  throw(error?: any): Promise<IteratorResult<Item, any>>;
  [Symbol.asyncIterator](): StreamReader<Item>;
}

/** All of an answer, or as much of it as was received. */
export class Response {
  private constructor();
  /** Only "complete" is a whole answer; null while the stream is still running. */
  readonly outcome: Outcome | null;
  /**
   * False with `collect: false`. Then text, reasoning, refusal, toolCalls, parts and content were
   * handed to the reader, and are empty here.
   */
  readonly collected: boolean;
  readonly text: string;
  readonly reasoning: string;
  /** Why the model does not answer, where the provider tells that apart from text. */
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** Everything else, in order. */
  readonly parts: readonly Part[];
  /** Text, and blocks that the provider wants back as they are, in order: see message. */
  readonly content: readonly Part[];
  readonly id: string | null;
  readonly model: string;
  readonly provider: string;
  readonly requestId: string | null;
  /** What the provider said of its limits: requestsLimit, requestsRemaining, ... */
  readonly rateLimit: Readonly<Record<string, unknown>>;
  /**
   * What a lenient request had dropped or renamed, then what was odd about the end, such as that
   * nobody said why it came. The start event has the first, the end event the second.
   */
  readonly warnings: readonly string[];
  readonly finishReason: FinishReason | null;
  readonly finishReasonRaw: string | null;
  readonly usage: Usage | null;
  readonly attempts: number;
  /** Events of the stream that this version does not know and passed over. */
  readonly unknownEvents: number;
  readonly firstTokenMs: number | null;
  readonly totalMs: number | null;
  /** The answer as a message, for the next request's messages. A TypeError if not collected. */
  readonly message: Message;
}

export type Outcome = "complete" | "truncated" | "cancelled" | "failed";
export type FinishReason =
  | "stop"
  | "length"
  | "tool_calls"
  | "content_filter"
  | "pause"
  | "error"
  | "other";

/** What was counted, and billed; null where the provider did not say. */
export interface Usage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly totalTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  /** What is charged, where that is another number than what was counted. */
  readonly billedInputTokens: number | null;
  readonly billedOutputTokens: number | null;
  /** The provider's own fields. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
  /** Dense from 0. */
  readonly index: number;
  /** The provider's; one made here where that is missing, or another call's. */
  readonly id: string;
  readonly name: string;
  /** The text the model wrote: JSON, if it is right. */
  readonly arguments: string;
  /** The provider's other fields of the call, which some want to see again. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A piece of an answer: "refusal", "citation", "logprobs", ..., in the provider's own fields. */
export interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type StreamEvent =
  | StartEvent
  | { readonly type: "text" | "reasoning"; readonly text: string }
  | ToolDeltaEvent
  | ({ readonly type: "tool_call" } & ToolCall)
  | { readonly type: "part"; readonly part: Part }
  | EndEvent;

/** The answer begins. */
export interface StartEvent extends Pick<
  Response,
  "id" | "model" | "provider" | "requestId" | "rateLimit" | "warnings"
> {
  readonly type: "start";
}

/** A piece of a tool call; its id and name come once. */
export interface ToolDeltaEvent {
  readonly type: "tool_delta";
  readonly index: number;
  readonly id: string | null;
  readonly name: string | null;
  readonly arguments: string;
}

/** The answer is whole. An answer that is not throws an error in place of this. */
export interface EndEvent extends Pick<
  Response,
  | "finishReason"
  | "finishReasonRaw"
  | "usage"
  | "attempts"
  | "unknownEvents"
  | "firstTokenMs"
  | "totalMs"
  | "requestId"
  | "warnings"
> {
  readonly type: "end";
}

export type ErrorKind =
  | "INVALID_ARGUMENT"
  | "CONFIG"
  | "INVALID_REQUEST"
  | "AUTHENTICATION"
  | "PERMISSION"
  | "NOT_FOUND"
  | "RATE_LIMITED"
  | "QUOTA_EXCEEDED"
  | "OVERLOADED"
  | "PROVIDER"
  | "NETWORK"
  | "TLS"
  | "TIMEOUT"
  | "PROTOCOL"
  | "TRUNCATED"
  | "TOO_LARGE"
  | "CANCELLED"
  | "CLOSED"
  | "INTERNAL"
  | "UNKNOWN";

/** What goes wrong. The message is one line that says what failed and what to do. */
export class LlmError extends Error {
  private constructor();
  readonly kind: ErrorKind;
  /** The kind, under the name that Node gives it. */
  readonly code: ErrorKind;
  /** The HTTP status, when the provider answered. */
  readonly status: number | null;
  /** The provider's own name for the error. */
  readonly providerCode: string | null;
  readonly provider: string | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | null;
  /** How many requests were sent. */
  readonly attempts: number;
  /** Where it happened: request, connect, headers, body or retry. */
  readonly phase: string | null;
  /** The timer that ran out: connect, headers, first_token, idle or total. */
  readonly timer: string | null;
  /** What the provider's support asks for. */
  readonly requestId: string | null;
  /** The request was sent and not answered: the provider may have done, and billed, the work. */
  readonly maybeExecuted: boolean;
  /** The first 4 KiB of an answer that could not be used. */
  readonly detail: string | null;
  /** Whatever was received before the error; null when nothing was started. */
  readonly partial: Response | null;
  /** For CANCELLED by a signal, its reason. */
  readonly cause?: unknown;
}

export interface Message {
  role: "system" | "developer" | "user" | "assistant" | "tool";
  content?: string | readonly Part[] | null;
  name?: string;
  tool_calls?: readonly {
    id: string;
    type: "function";
    function: { name: string; arguments: string };
    readonly [field: string]: unknown;
  }[];
  tool_call_id?: string;
  refusal?: string | null;
}

/** A request, in the provider's own names. What is not set is not sent; other fields are sent. */
export interface Request {
  model: string;
  messages: readonly (Message | Readonly<Record<string, unknown>>)[];
  max_tokens?: number;
  temperature?: number;
  top_p?: number;
  stop?: string | readonly string[];
  seed?: number;
  tools?: readonly object[];
  tool_choice?: string | object;
  response_format?: object;
  reasoning_effort?: string;
  stream?: boolean;
  user?: string;
  metadata?: Readonly<Record<string, string>>;
  extra_body?: Readonly<Record<string, unknown>>;
  [field: string]: unknown;
}

/** What may be set for all requests of a LiterLlm, or for one. A timer of 0 is off. */
export interface CallOptions {
  provider?: string;
  apiKey?: string;
  baseUrl?: string;
  headers?: Readonly<Record<string, string>>;
  connectTimeoutMs?: number;
  headersTimeoutMs?: number;
  firstTokenTimeoutMs?: number;
  idleTimeoutMs?: number;
  totalTimeoutMs?: number;
  retriesMax?: number;
  lenient?: boolean;
  /**
   * Whether a stream keeps what it delivers, for `response` and for the `partial` of errors. True
   * unless set. With false what the model wrote is empty there, also in an awaited answer, and
   * memory is bounded by the window, however long the answer is: see Response.collected.
   */
  collect?: boolean;
}

export interface InvokeOptions extends CallOptions {
  /** Aborting it closes the connection: a CANCELLED error with the reason as its cause. */
  signal?: AbortSignal | null;
}

export interface Options extends CallOptions {
  retryAfterMaxMs?: number;
  streamWindowBytes?: number;
  queueBytesMax?: number;
  eventBytesMax?: number;
  bodyBytesMax?: number;
  errorBodyBytesMax?: number;
  headerBytesMax?: number;
  requestBytesMax?: number;
  proxy?: boolean;
  caFile?: string;
  clientCertificateFile?: string;
  clientKeyFile?: string;
  allowInsecureHttp?: boolean;
  denyPrivate?: boolean;
  poolIdleTimeoutMs?: number;
  poolIdleConnectionsMax?: number;
  http2PingIntervalMs?: number;
  http2PingTimeoutMs?: number;
  /** The log goes to the channel "liter-llm" of node:diagnostics_channel. */
  logLevel?: "off" | "error" | "warn" | "info" | "debug";
  logBodies?: boolean;
  workerThreads?: number;
}
