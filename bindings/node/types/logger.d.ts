// The option `logger`.

import type { LogLevel } from "./options.js";
import type { ErrorKind, Outcome } from "./receipt.js";

/** What gets the lines of the log. */
export type Logger = ((record: LogRecord) => void) | LeveledLogger;

/**
 * A function for each level, called with a message and its fields; pino and bunyan, which take the
 * fields first, get them first.
 */
export interface LeveledLogger {
  debug(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
}

/** A line of the log. It has no keys, and no bodies unless `logBodies` is set. */
export interface LogRecord {
  readonly level: Exclude<LogLevel, "off">;
  /** One line. */
  readonly message: string;
  /** The provider that it is about. */
  readonly provider?: string;
  /** The call that it is about: the lines of one have the same number. */
  readonly stream?: number;
  /** How the call ended; with the fields below only in the record of a call that has ended. */
  readonly outcome?: Outcome;
  /** What the call was for, such as `chat`. */
  readonly operation?: string;
  /** The model that answered, else the one that was asked last. */
  readonly model?: string;
  /** The provider's request id. */
  readonly requestId?: string;
  /** How many requests were sent. */
  readonly attempts?: number;
  /** Tokens of the request, as far as they are known. */
  readonly inputTokens?: number;
  /** Tokens of the response, as far as they are known. */
  readonly outputTokens?: number;
  /** How long the call took. */
  readonly milliseconds?: number;
  /** The kind of the error, unless the outcome is complete. */
  readonly kind?: ErrorKind;
  readonly [field: string]: unknown;
}
