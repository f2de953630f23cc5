// Generated from core/schema/schema.json by generate.mjs; do not edit.

/** A file of exchanges that is recorded, or played without network and key. */
export interface TapeOptions {
  /** The file; its folder must exist. */
  file: string | URL;
  /**
   * `record` writes the file anew, `replay` plays it without network and key, `auto`
   * plays what is on it and records what is not.
   * @defaultValue "auto"
   */
  mode?: TapeMode;
  /**
   * How a recording is played: `full` speed, or in the time that it took when it was
   * `recorded`.
   * @defaultValue "full"
   */
  pace?: TapePace;
  /**
   * Longest file; it is in memory while it is used.
   * @defaultValue 268435456
   */
  fileBytesMax?: number;
}

/**
 * What becomes of a request.
 *
 * - `auto`: Plays what is on it, and records what is not.
 * - `record`: Sends every request, and writes the file anew.
 * - `replay`: Plays, and sends nothing.
 */
export type TapeMode = "auto" | "record" | "replay";

/**
 * How fast a recording is played.
 *
 * - `full`: As fast as it is read.
 * - `recorded`: In the time that the provider took.
 */
export type TapePace = "full" | "recorded";
