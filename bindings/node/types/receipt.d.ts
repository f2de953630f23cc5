// Generated from core/schema/schema.json by generate.mjs; do not edit.

/** Tokens, as far as the provider counted them; else null. */
export interface Usage {
  /** Tokens of the request. */
  readonly inputTokens: number | null;
  /** Tokens of the response. */
  readonly outputTokens: number | null;
  /** All tokens, where the provider counts them. */
  readonly totalTokens: number | null;
  /** Tokens of the request that were read from a cache. */
  readonly cachedInputTokens: number | null;
  /** Tokens of the request that were written to a cache. */
  readonly cacheWriteTokens: number | null;
  /** Tokens of the request that are charged, where that is another number. */
  readonly billedInputTokens: number | null;
  /** Tokens of the response that are charged, where that is another number. */
  readonly billedOutputTokens: number | null;
  /** Tokens spent on reasoning. */
  readonly reasoningTokens: number | null;
  /** The provider's usage object as it came. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** One attempt of a call: whom it asked, and what came of it. */
export interface Tried {
  /** The provider that was asked. */
  readonly provider: string;
  /** The model, as the request named it. */
  readonly model: string;
  /** What kind of failure it ended with; absent for the attempt that was answered whole. */
  readonly kind: ErrorKind | null;
  /** The HTTP status, where one was received. */
  readonly status: number | null;
  /** How long it took, without the wait before the next one. */
  readonly milliseconds: number;
  /** Whether it failed and the provider may have run it, and may bill it. */
  readonly maybeExecuted: boolean;
}

/**
 * How a stream ended.
 *
 * - `complete`: The provider ended the response by its protocol's own mark.
 * - `truncated`: The connection ended first; what came is a prefix.
 * - `cancelled`: The caller ended it.
 * - `failed`: It failed; the error has the reason.
 */
export type Outcome = "complete" | "truncated" | "cancelled" | "failed";

/**
 * Why the model stopped.
 *
 * - `stop`: The model finished, or met a stop sequence.
 * - `length`: The model met a token limit.
 * - `tool_calls`: The model calls tools.
 * - `content_filter`: A filter held the response back.
 * - `pause`: The model paused; sending the response back continues it.
 * - `error`: The model failed.
 * - `other`: A reason that this library does not know; see the raw one.
 */
export type FinishReason =
  | "stop"
  | "length"
  | "tool_calls"
  | "content_filter"
  | "pause"
  | "error"
  | "other";

/**
 * What kind of failure. UNKNOWN stands for a kind that a later version adds.
 *
 * - `INVALID_ARGUMENT`: The interface was misused, or a key or header cannot be sent:
 *   one with a line break, or a header that HTTP itself sets.
 * - `CONFIG`: No key, an unknown provider or option, or something that cannot be used:
 *   a base URL, a certificate file, a proxy variable (or 407 from the proxy), an
 *   address that is refused, a key over plain http, or threads that the system does
 *   not give.
 * - `INVALID_REQUEST`: The request is wrong; the message names the field where it is
 *   known.
 * - `AUTHENTICATION`: The provider does not know the key.
 * - `PERMISSION`: The key may not do this.
 * - `NOT_FOUND`: There is no such model, deployment or address.
 * - `RATE_LIMITED`: Too many requests were sent (429); `retryAfterMs` is the wait, if
 *   the provider sent one.
 * - `QUOTA_EXCEEDED`: No credit is left, whatever the status; waiting does not help.
 * - `OVERLOADED`: The provider is out of capacity (498, 529, or an error with that
 *   meaning), or as many requests wait for their turn as `queuedMax` allows.
 * - `PROVIDER`: The provider failed in another way: 408, 409, 424, a 5xx status, or an
 *   error event inside a stream.
 * - `NETWORK`: Name lookup or connect failed, or the connection broke before a
 *   response.
 * - `TLS`: The certificate or the TLS handshake was refused.
 * - `TIMEOUT`: A timer ran out; `timer` names it.
 * - `PROTOCOL`: The response is not what the protocol allows: bytes that are not HTTP,
 *   a redirect, broken JSON or JSON of more than 128 levels, too many headers, or an
 *   end mark without content; `detail` holds its first 4 KiB.
 * - `TRUNCATED`: The response was cut before its end; what came is a prefix.
 * - `TOO_LARGE`: A size limit was exceeded (the message names it; 413 is the
 *   provider's), or memory ran out.
 * - `CANCELLED`: The caller cancelled the call.
 * - `CLOSED`: The client is closed, or was inherited through fork, or the process is
 *   ending.
 * - `INTERNAL`: Internal error, a bug in liter_llm.
 */
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

/**
 * Where in its life a request failed.
 *
 * - `request`: The request was being built; nothing was sent.
 * - `connect`: Name lookup, TCP, a proxy's tunnel or TLS; nothing was sent.
 * - `headers`: The request was being sent, or a response awaited; also errors that are
 *   a status.
 * - `body`: The response had begun.
 * - `retry`: Between two attempts.
 */
export type Phase = "request" | "connect" | "headers" | "body" | "retry";

/**
 * The timer that ran out.
 *
 * - `key`: A function that was asked for the key.
 * - `connect`: Name lookup, TCP, a proxy's tunnel and TLS.
 * - `headers`: From the connection to the response's headers.
 * - `first_token`: From the headers to the first content; pings do not count.
 * - `idle`: The gap between events once content has started.
 * - `total`: The whole call, attempts and waits included.
 */
export type Timer =
  "key" | "connect" | "headers" | "first_token" | "idle" | "total";
