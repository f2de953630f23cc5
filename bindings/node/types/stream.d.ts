// Stream: what invoke() returns; and what it is read as.

import type { LlmResponse, ToolCall } from "./llm_response.js";
import type { Part } from "./message.js";

/**
 * One response as it arrives. The request is sent when the stream is first iterated or awaited.
 * It can be iterated once; leaving the loop in any way closes the connection.
 *
 * An async function that returns a Stream awaits it, as it would a Promise.
 */
export class Stream<Output = unknown, Partial = unknown>
  implements AsyncIterable<string>, PromiseLike<LlmResponse<Output>>
{
  private constructor();
  /** The text, in the pieces in which the provider sent it. */
  [Symbol.asyncIterator](): StreamReader<string>;
  /**
   * Sends the request, and returns when its first content has come; throws what it failed with
   * before. A server has a status for that then, and reads the stream from its start.
   */
  begin(): Promise<void>;
  /** Typed events instead of text. */
  events(): StreamReader<StreamEvent>;
  /**
   * With the option `output`: as much of it as has come, again and again, unchecked. After the last
   * one the whole is checked; where it is not what was asked for, the loop throws an OutputError.
   */
  partials(): StreamReader<Partial>;
  /** Closes the connection. Readers get a CANCELLED error; `response` has what was received. */
  cancel(): void;
  /** What was received so far; after the end, an error or a break, all of it. */
  readonly response: LlmResponse<Output>;
  /** `await stream`: the whole response, requested without streaming unless iteration has begun. */
  then<Result1 = LlmResponse<Output>, Result2 = never>(
    onResponse?:
      | ((response: LlmResponse<Output>) => Result1 | PromiseLike<Result1>)
      | null,
    onError?: ((error: any) => Result2 | PromiseLike<Result2>) | null,
  ): Promise<Result1 | Result2>;
  catch<Result = never>(
    onError?: ((error: any) => Result | PromiseLike<Result>) | null,
  ): Promise<LlmResponse<Output> | Result>;
  finally(onEnd?: (() => void) | null): Promise<LlmResponse<Output>>;
  /**
   * The bytes of the stream, for a server that sends them on: its text, or with `format: "sse"`
   * server-sent events, whose data is that of events() as JSON. Nothing is requested before they
   * are read; cancelling them closes the connection. An error cuts text, and is the last event.
   */
  toReadableStream(options?: {
    format?: "text" | "sse";
  }): ReadableStream<Uint8Array>;
  /** The text as a Response of the web, as a route of Next.js or Hono returns it. */
  toTextStreamResponse(init?: ResponseInit): Response;
  /** Server-sent events as a Response of the web: those of toReadableStream(). */
  toEventStreamResponse(init?: ResponseInit): Response;
  /** `await using`: closes the connection. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The iterator of a stream. */
export interface StreamReader<Item> extends AsyncIterableIterator<Item> {
  next(): Promise<IteratorResult<Item, undefined>>;
  /** Closes the connection; `break` calls it. */
  return(value?: any): Promise<IteratorResult<Item, any>>;
  throw(error?: any): Promise<IteratorResult<Item, any>>;
  [Symbol.asyncIterator](): StreamReader<Item>;
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
  LlmResponse,
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
  LlmResponse,
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
