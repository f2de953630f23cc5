// Generated from core/schema/schema.json by generate.mjs; do not edit.

import type { ApiKey } from "./api_key.js";
import type { Logger } from "./logger.js";
import type { Script } from "./script.js";
import type { TapeOptions } from "./tape.js";

/** Options of a LiterLlm: they hold for all of its requests. */
export interface Options {
  /** Provider of requests that name none. */
  provider?: string;
  /**
   * Which of the provider's APIs requests use that name none, such as `chat`,
   * `responses` or `native`; by default the provider's first.
   */
  api?: string;
  /**
   * API key of requests without one, or a function that is asked for it before each
   * attempt; takes precedence over the environment, and does not go to the address of
   * another provider than the client's.
   */
  apiKey?: ApiKey;
  /**
   * How the key is sent: `key` (the provider's own header), `bearer` (Authorization), or
   * `none` (not at all, and none is required).
   * @defaultValue "key"
   */
  auth?: string;
  /**
   * Base URL of requests without one; takes precedence over the environment, and may be
   * the whole address of the API.
   */
  baseUrl?: string;
  /** Headers of every request; they override the library's own. */
  headers?: Readonly<Record<string, string>>;
  /**
   * Names of response headers that START reports in `headers`, such as a gateway's
   * `x-litellm-response-cost`; at most 32.
   */
  reportHeaders?: readonly string[];
  /**
   * Longest time that a function behind `apiKey` may take; 0 is off.
   * @defaultValue 30000
   */
  keyTimeoutMs?: number;
  /**
   * Longest time for name lookup, TCP, a proxy's tunnel and TLS; 0 is off.
   * @defaultValue 10000
   */
  connectTimeoutMs?: number;
  /**
   * Longest time from the connection to the response's headers, sending the request
   * included; 0 is off.
   * @defaultValue 600000
   */
  headersTimeoutMs?: number;
  /**
   * Longest time from the headers to the first content, pings not counted; 0 is off.
   * @defaultValue 600000
   */
  firstTokenTimeoutMs?: number;
  /**
   * Longest gap between events once content has started, 1 KiB of a longer event
   * counting as one; 0 is off.
   * @defaultValue 60000
   */
  idleTimeoutMs?: number;
  /**
   * Longest time for the whole call, retries and their waits included; by default 10
   * minutes for a whole response and off for a stream; 0 is off.
   */
  totalTimeoutMs?: number;
  /**
   * How many times a transient failure is retried.
   * @defaultValue 5
   */
  retriesMax?: number;
  /** AWS: the region; else AWS_REGION, AWS_DEFAULT_REGION or that of the model's ARN. */
  awsRegion?: string;
  /** AWS: the access key's id; else AWS_ACCESS_KEY_ID, or the shared credentials file. */
  awsAccessKeyId?: string;
  /**
   * AWS: the secret access key; else AWS_SECRET_ACCESS_KEY, or the shared credentials
   * file.
   */
  awsSecretAccessKey?: string;
  /** AWS: the token of temporary credentials; else AWS_SESSION_TOKEN. */
  awsSessionToken?: string;
  /** AWS: the profile in the shared credentials file; else AWS_PROFILE, else `default`. */
  awsProfile?: string;
  /**
   * AWS: the base URL that a request is signed for, where `baseUrl` is a gateway that
   * forwards it.
   */
  awsSigningUrl?: string;
  /** Vertex AI: the project; else GOOGLE_CLOUD_PROJECT. */
  vertexProject?: string;
  /** Vertex AI: the location, by default `global`; else GOOGLE_CLOUD_LOCATION. */
  vertexLocation?: string;
  /** Vertex AI: the project that is charged for the quota, where it is another one. */
  vertexQuotaProject?: string;
  /**
   * What is tried in order when a chat fails before content: models, or objects with the
   * fields of its request that differ.
   */
  fallbacks?: readonly (string | Readonly<Record<string, unknown>>)[];
  /**
   * How many retries all calls together may be ahead of successes, each of which gives a
   * fifth of one back; a retry after a timeout counts twice, one that waited as a 429
   * asked a fifth; 0 lets no call retry.
   * @defaultValue 100
   */
  retryBudget?: number;
  /**
   * Longest wait that a provider may request; a longer one fails the call at once.
   * @defaultValue 60000
   */
  retryAfterMaxMs?: number;
  /**
   * Requests that may be sent in any 60 seconds, retries included, for each provider,
   * key and model, a sixth of them but at least ten at once; further ones wait.
   */
  requestsPerMinute?: number;
  /**
   * Tokens that requests may use in any 60 seconds, for each provider, key and model: by
   * estimate, a quarter of the request's bytes and its longest response (1000 where it
   * sets none), and by the usage once the response has ended.
   */
  tokensPerMinute?: number;
  /**
   * Requests of the client that may be under way at once, until their responses have
   * ended.
   */
  streamsMax?: number;
  /**
   * Whether requests also wait for what the provider says: `headers` learns from
   * rate-limit headers, 429 and Retry-After; `off` does not.
   * @defaultValue "off"
   */
  pacing?: string;
  /**
   * Requests that may wait for their turn; one more fails with OVERLOADED.
   * @defaultValue 100000
   */
  queuedMax?: number;
  /**
   * A file of exchanges that is recorded, or played without network and key: its name,
   * or an object with `file`, `mode` (`auto`, `record` or `replay`), `pace` and
   * `fileBytesMax` (the guide's Tests without a key).
   */
  tape?: string | URL | TapeOptions;
  /**
   * What provider `script` answers: a list of answers, each for one request, or one
   * answer for all; without it, it repeats what it is told (the guide's Tests without a
   * key).
   */
  script?: Script;
  /**
   * Drop request fields that the provider does not support and list them in `warnings`,
   * instead of failing.
   * @defaultValue false
   */
  lenient?: boolean;
  /**
   * Bytes that a stream may have delivered without acknowledgement; past it the stream
   * is not read.
   * @defaultValue 262144
   */
  streamWindowBytes?: number;
  /**
   * Bytes of events that may wait to be polled, over all streams of the client.
   * @defaultValue 67108864
   */
  queueBytesMax?: number;
  /**
   * Longest event of a stream.
   * @defaultValue 16777216
   */
  eventBytesMax?: number;
  /**
   * Longest whole response, after decompression.
   * @defaultValue 33554432
   */
  bodyBytesMax?: number;
  /**
   * How much of an error's body is read, for at most two seconds.
   * @defaultValue 65536
   */
  errorBodyBytesMax?: number;
  /**
   * Longest header block of a response; at most 262144.
   * @defaultValue 65536
   */
  headerBytesMax?: number;
  /**
   * Longest request body.
   * @defaultValue 67108864
   */
  requestBytesMax?: number;
  /**
   * Use the proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name.
   * @defaultValue true
   */
  proxy?: boolean;
  /** A PEM file of certificates to trust beside the platform's. */
  caFile?: string;
  /**
   * A PEM file with the client's certificate chain, for mutual TLS; needs
   * `clientKeyFile`.
   */
  clientCertificateFile?: string;
  /**
   * A PEM file with the client's private key, for mutual TLS; needs
   * `clientCertificateFile`.
   */
  clientKeyFile?: string;
  /**
   * Send keys over plain http to other machines, where others could read them.
   * @defaultValue false
   */
  allowInsecureHttp?: boolean;
  /**
   * Refuse to connect to private addresses.
   * @defaultValue false
   */
  denyPrivate?: boolean;
  /**
   * How long an unused connection is kept; 0 keeps none (HTTP/2: one second at least).
   * @defaultValue 50000
   */
  poolIdleTimeoutMs?: number;
  /**
   * How many unused HTTP/1.1 connections are kept to one origin (scheme, host, port),
   * past which the oldest is closed; 0 keeps none.
   * @defaultValue 10000
   */
  poolIdleConnectionsMax?: number;
  /**
   * How often an HTTP/2 server is pinged while requests wait for it; 0 is off.
   * @defaultValue 20000
   */
  http2PingIntervalMs?: number;
  /**
   * How long an HTTP/2 ping may go unanswered before the connection is closed; 0 is off.
   * @defaultValue 10000
   */
  http2PingTimeoutMs?: number;
  /**
   * Which lines are logged.
   * @defaultValue "off"
   */
  logLevel?: LogLevel;
  /**
   * Log request bodies too, their first 64 KiB, at `debug`.
   * @defaultValue false
   */
  logBodies?: boolean;
  /**
   * Threads of the library's runtime, 1 to 4, by default 2 to 4 depending on the number
   * of processors; set by the process's first client.
   */
  workerThreads?: number;
  /**
   * Whether a stream keeps what it delivers, for `response` and for the `partial`
   * response of errors. With false the fields that hold what the model wrote are empty,
   * also in an awaited response, and memory is bounded by `streamWindowBytes`: see
   * Response.collected.
   * @defaultValue true
   */
  collect?: boolean;
  /**
   * Gets the lines of the log, from the level `logLevel` on, by default then `info`: a
   * function, or an object with debug, info, warn and error, such as the console or a
   * logger of pino or winston. It runs in the AsyncLocalStorage context of the request.
   */
  logger?: Logger;
}

/** Options of one request. Where one is not set, the client's holds. */
export interface CallOptions {
  /** The provider to ask. */
  provider?: string;
  /**
   * Which of the provider's APIs to use, such as `chat`, `responses` or `native`; by
   * default the provider's first.
   */
  api?: string;
  /** The key for this call, or a function that is asked for it before each attempt. */
  apiKey?: ApiKey;
  /**
   * How the key is sent: `key` (the provider's own header), `bearer` (Authorization), or
   * `none` (not at all, and none is required).
   */
  auth?: string;
  /** The base URL for this call. */
  baseUrl?: string;
  /** Headers of this call, merged with the client's and overriding them. */
  headers?: Readonly<Record<string, string>>;
  /** Longest time that a function behind `apiKey` may take; 0 is off. */
  keyTimeoutMs?: number;
  /** Longest time for name lookup, TCP, a proxy's tunnel and TLS; 0 is off. */
  connectTimeoutMs?: number;
  /**
   * Longest time from the connection to the response's headers, sending the request
   * included; 0 is off.
   */
  headersTimeoutMs?: number;
  /** Longest time from the headers to the first content, pings not counted; 0 is off. */
  firstTokenTimeoutMs?: number;
  /**
   * Longest gap between events once content has started, 1 KiB of a longer event
   * counting as one; 0 is off.
   */
  idleTimeoutMs?: number;
  /**
   * Longest time for the whole call, retries and their waits included; by default 10
   * minutes for a whole response and off for a stream; 0 is off.
   */
  totalTimeoutMs?: number;
  /** How many times a transient failure is retried. */
  retriesMax?: number;
  /** AWS: the region; else AWS_REGION, AWS_DEFAULT_REGION or that of the model's ARN. */
  awsRegion?: string;
  /** AWS: the access key's id; else AWS_ACCESS_KEY_ID, or the shared credentials file. */
  awsAccessKeyId?: string;
  /**
   * AWS: the secret access key; else AWS_SECRET_ACCESS_KEY, or the shared credentials
   * file.
   */
  awsSecretAccessKey?: string;
  /** AWS: the token of temporary credentials; else AWS_SESSION_TOKEN. */
  awsSessionToken?: string;
  /** AWS: the profile in the shared credentials file; else AWS_PROFILE, else `default`. */
  awsProfile?: string;
  /**
   * AWS: the base URL that a request is signed for, where `baseUrl` is a gateway that
   * forwards it.
   */
  awsSigningUrl?: string;
  /** Vertex AI: the project; else GOOGLE_CLOUD_PROJECT. */
  vertexProject?: string;
  /** Vertex AI: the location, by default `global`; else GOOGLE_CLOUD_LOCATION. */
  vertexLocation?: string;
  /** Vertex AI: the project that is charged for the quota, where it is another one. */
  vertexQuotaProject?: string;
  /**
   * What a chat or a rerank tries in order when it fails before content: models, or
   * objects with the fields that differ.
   */
  fallbacks?: readonly (string | Readonly<Record<string, unknown>>)[];
  /**
   * What provider `script` answers this call: a list, one answer for each of its
   * attempts, or one answer for all.
   */
  script?: Script;
  /**
   * Drop request fields that the provider does not support and list them in `warnings`,
   * instead of failing.
   */
  lenient?: boolean;
  /**
   * Fields for the provider's body that win over everything else; null takes a field
   * out.
   */
  extraBody?: Readonly<Record<string, unknown>>;
  /**
   * Whether a stream keeps what it delivers, for `response` and for the `partial`
   * response of errors. With false the fields that hold what the model wrote are empty,
   * also in an awaited response, and memory is bounded by `streamWindowBytes`: see
   * Response.collected.
   */
  collect?: boolean;
}

/**
 * Which lines are logged.
 *
 * - `off`: Nothing.
 * - `error`: What failed for good.
 * - `warn`: What was retried or left out.
 * - `info`: One line for each call, once it has ended.
 * - `debug`: Everything.
 */
export type LogLevel = "off" | "error" | "warn" | "info" | "debug";
