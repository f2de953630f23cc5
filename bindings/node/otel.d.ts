// Types of liter-llm/otel.
import type { MeterProvider, TracerProvider } from "@opentelemetry/api";

import type { LiterLlm } from "./index.js";

/** How calls are recorded. */
export interface InstrumentOptions {
  /**
   * Whether spans have prompts, responses and the names of tools; by default what the variable
   * OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says, else no.
   */
  readonly captureContent?: boolean | undefined;
  /** By default the global one. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** By default the global one. */
  readonly meterProvider?: MeterProvider | undefined;
}

/** Has each call of a client make a span and metrics; returns the client. */
export function instrument(
  llm: LiterLlm,
  options?: InstrumentOptions,
): LiterLlm;

/** The same for every LiterLlm of this thread, but those that instrument() was called with. */
export function instrumentAll(options?: InstrumentOptions): void;

/**
 * Ends what instrument() began, or without a client what instrumentAll() did. Calls that have
 * started end their spans.
 */
export function uninstrument(llm?: LiterLlm): void;
