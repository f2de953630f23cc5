// The types of the options `script` and `tape`, whose fields the schema lists.
import {
  NOTE,
  SCHEMA,
  camelCase,
  comment,
  option,
  options,
  union,
} from "./declarations.mjs";

// Where the type is richer than the schema says.
const ANSWER_TYPES = {
  text: "string | readonly string[]",
  reasoning: "string | readonly string[]",
  tool_calls: "readonly ScriptToolCall[]",
  parts: "readonly Part[]",
  finish_reason: "FinishReason | (string & {})",
  usage: "ScriptUsage",
  error: "ScriptErrorKind | number | ScriptError",
  embeddings: "readonly (readonly number[])[]",
  scores: "readonly number[]",
  models: "readonly (string | Readonly<Record<string, unknown>>)[]",
  when: "ScriptCondition",
};
const ANSWER_DESCRIPTIONS = {
  tool_calls: "Calls of tools.",
  finish_reason:
    'Why the model stopped; by default "tool_calls" where there are some, else "stop".',
  usage: "What was counted, such as `{ inputTokens: 3, outputTokens: 5 }`.",
};
const ERROR_TYPES = { kind: "ScriptErrorKind" };
const CONDITION_TYPES = {
  operation: '"chat" | "embed" | "rerank" | "models" | "count_tokens"',
};
const TAPE_TYPES = {
  file: "string | URL",
  mode: "TapeMode",
  pace: "TapePace",
};
// A file is always given.
const TAPE_REQUIRED = ["file"];
// Kinds that the library itself makes, and no provider.
const OF_THE_LIBRARY =
  '"INVALID_ARGUMENT" | "CONFIG" | "CANCELLED" | "CLOSED" | "INTERNAL" | "UNKNOWN"';

function typed(entries, types, descriptions = {}) {
  return entries.map((entry) => {
    const written = option(
      entry,
      entry.default,
      descriptions[entry.name] ?? entry.description,
    );
    const type = types[entry.name];
    if (type === undefined) return written;
    const mark = TAPE_REQUIRED.includes(entry.name) ? "" : "?";
    const [before] = written.split(`\n${camelCase(entry.name)}?: `);
    return `${before}\n${camelCase(entry.name)}${mark}: ${type};`;
  });
}

export function script() {
  return [
    NOTE,
    `import type { Part } from "./message.js";
    import type { ErrorKind, FinishReason, Usage } from "./receipt.js";`,
    `${comment(
      "What provider `script` answers: a list of answers, each for one request, or one answer for " +
        "all.",
    )}
    export type Script = string | ScriptAnswer | readonly (string | ScriptAnswer)[];`,
    options(
      "ScriptAnswer",
      "One answer of a script. A text alone is an answer, too.",
      typed(SCHEMA.script_answer_fields, ANSWER_TYPES, ANSWER_DESCRIPTIONS),
    ),
    `${comment("A call of a tool.")}
    export interface ScriptToolCall {
      name: string;
      ${comment("An object, or its JSON as text, which may be wrong.")}
      arguments?: object | string;
      ${comment("By default `call_1`, `call_2`, ...")}
      id?: string;
    }`,
    `${comment("What was counted.")}
    export type ScriptUsage = { readonly [Name in Exclude<keyof Usage, "raw">]?: number };`,
    `${comment("A kind of error that a provider can cause.")}
    export type ScriptErrorKind = Exclude<ErrorKind, ${OF_THE_LIBRARY}>;`,
    options(
      "ScriptError",
      "A failure. One of `kind` and `status` is enough.",
      typed(SCHEMA.script_error_fields, ERROR_TYPES),
    ),
    options(
      "ScriptCondition",
      "Which requests an answer is for: all that is given must hold.",
      typed(SCHEMA.script_condition_fields, CONDITION_TYPES),
    ),
  ].join("\n\n");
}

export function tape() {
  return [
    NOTE,
    options(
      "TapeOptions",
      "A file of exchanges that is recorded, or played without network and key.",
      typed(SCHEMA.tape_fields, TAPE_TYPES),
    ),
    union("TapeMode", "What becomes of a request.", SCHEMA.tape_modes),
    union("TapePace", "How fast a recording is played.", SCHEMA.tape_paces),
  ].join("\n\n");
}
