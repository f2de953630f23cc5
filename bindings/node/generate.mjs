// Generates lib/schema.cjs and types/{options,operations,receipt,request}.d.ts from the core's
// schema.json: the names, numbers and defaults that the package knows, and the types of options,
// requests, results, usage and errors. `npm run generate` writes them; a test fails when they are
// stale.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import prettier from "prettier";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const COMMENT_COLUMNS = 84;
const NOTE =
  "// Generated from core/schema/schema.json by generate.mjs; do not edit.";

export const SCHEMA = JSON.parse(
  readFileSync(path.join(HERE, "../../core/schema/schema.json"), "utf8"),
);

// The option that this package takes out of the others itself; the core does not know it.
const COLLECT = {
  name: "collect",
  type: "boolean",
  description:
    "Whether a stream keeps what it delivers, for `response` and for the `partial` response of " +
    "errors. With false the fields that hold what the model wrote are empty, also in an awaited " +
    "response, and memory is bounded by `stream_window_bytes`: see Response.collected.",
};

// The same; whether it is an object or a function does not matter to the schema.
const LOGGER = {
  name: "logger",
  type: "logger",
  description:
    "Gets the lines of the log, from the level `log_level` on, by default then `info`: " +
    "a function, or an object with debug, info, warn and error, such as the console or a logger " +
    "of pino or winston. It runs in the AsyncLocalStorage context of the request.",
};

const TYPES = {
  // A value of a request.
  any: "string | object",
  boolean: "boolean",
  bytes: "number",
  headers: "Readonly<Record<string, string>>",
  integer: "number",
  key: "ApiKey",
  "list of objects": "readonly object[]",
  "list of integers": "readonly number[]",
  "list of models or objects":
    "readonly (string | Readonly<Record<string, unknown>>)[]",
  "list of text": "readonly string[]",
  "log level": "LogLevel",
  logger: "Logger",
  milliseconds: "number",
  number: "number",
  object: "Readonly<Record<string, unknown>>",
  text: "string",
};

// Fields of a request whose type is richer than the schema says.
const REQUEST_TYPES = {
  messages: "readonly Message[]",
  metadata: "Readonly<Record<string, string>>",
  reasoning_effort:
    '"none" | "minimal" | "low" | "medium" | "high" | (string & {})',
  response_format: "ResponseFormat",
  stop: "string | readonly string[]",
  tool_choice: "ToolChoice",
  tools: "readonly (FunctionTool | ProviderTool)[]",
};
// The field of a request that is an option, too, and is spelled as one.
const EXTRA_BODY = {
  ...SCHEMA.call_options.find(({ name }) => name === "extra_body"),
  name: "extraBody",
};

// The same for operations, and for what they find.
const OPERATION_TYPES = {
  input: "string | readonly EmbedInput[]",
  documents: "readonly (string | Readonly<Record<string, unknown>>)[]",
};
const RESULT_TYPES = {
  details: "unknown",
  document: "string | Readonly<Record<string, unknown>>",
};
// What is never absent.
const PRESENT = [
  ...["id", "index", "document", "input_tokens", "raw"],
  ...["requests", "retries", "rate_limited", "output_tokens"],
];

// Where the types here take less than the schema says: a number is exact up to 2^53-1, and this
// option is text (an object would go to the provider's body).
const REQUEST_DESCRIPTIONS = {
  seed: "Seed of sampling: an integer from -(2^53-1) to 2^53-1.",
};
const CALL_DESCRIPTIONS = { provider: "The provider to ask." };

export const camelCase = (name) =>
  name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function typeOf({ name, type }) {
  if (!(type in TYPES)) throw new Error(`${name}: unknown type ${type}`);
  return TYPES[type];
}

// A TSDoc comment whose lines stay below the limit when they are indented.
function comment(...paragraphs) {
  const lines = paragraphs.flatMap((paragraph) => wrap(paragraph));
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */`;
}

function wrap(paragraph) {
  const lines = [""];
  for (const word of paragraph.split(" ")) {
    const last = lines.pop();
    const line = last === "" ? word : `${last} ${word}`;
    if (line.length <= COMMENT_COLUMNS) lines.push(line);
    else lines.push(last, paragraph.startsWith("- ") ? `  ${word}` : word);
  }
  return lines;
}

// A label in the provider's records, which no code spells otherwise.
const LABELS = ["`liter_batch`"];

// The words of the schema, with names as JavaScript has them.
const inCamelCase = (text) =>
  text.replace(/`[a-z][a-z0-9_]*`/g, (name) =>
    LABELS.includes(name) ? name : camelCase(name),
  );

function option(entry, byDefault, description = entry.description) {
  const lines = [inCamelCase(description)];
  if (byDefault != null)
    lines.push(`@defaultValue ${JSON.stringify(byDefault)}`);
  return `${comment(...lines)}\n${camelCase(entry.name)}?: ${typeOf(entry)};`;
}

function options(name, about, entries) {
  return `${comment(about)}
    export interface ${name} {\n${entries.join("\n")}\n}`;
}

// One of several words, each of which the comment explains.
function union(name, about, entries, last = []) {
  const explained = entries.map(
    (entry) => `- \`${entry.name}\`: ${inCamelCase(entry.description)}`,
  );
  const words = [...entries.map((entry) => entry.name), ...last];
  return `${comment(about, "", ...explained)}
    export type ${name} = ${words.map((word) => `"${word}"`).join(" | ")};`;
}

function usage() {
  const fields = SCHEMA.usage_fields.map((entry) => {
    const type = typeOf(entry);
    const absent = entry.type === "object" ? "" : " | null";
    return `${comment(inCamelCase(entry.description))}
      readonly ${camelCase(entry.name)}: ${type}${absent};`;
  });
  const about = "Tokens, as far as the provider counted them; else null.";
  return options("Usage", about, fields);
}

function tried() {
  const fields = SCHEMA.tried_fields.map((entry) => {
    const type = entry.name === "kind" ? "ErrorKind" : typeOf(entry);
    const absent = ["kind", "status"].includes(entry.name) ? " | null" : "";
    return `${comment(inCamelCase(entry.description))}
      readonly ${camelCase(entry.name)}: ${type}${absent};`;
  });
  const about = "One attempt of a call: whom it asked, and what came of it.";
  return options("Tried", about, fields);
}

function request() {
  const fields = [...SCHEMA.request_fields, EXTRA_BODY].map((entry) => {
    const type = REQUEST_TYPES[entry.name] ?? typeOf(entry);
    const description = REQUEST_DESCRIPTIONS[entry.name] ?? entry.description;
    return `${comment(description)}
      ${entry.name}${entry.required ? "" : "?"}: ${type};`;
  });
  const about =
    "A request, under the names of the chat completions API. Fields that are not set are not " +
    "sent; those of the provider's own go into `extraBody`.";
  return options("LlmRequest extends ChatFields", about, fields);
}

// The request of an operation that is no chat.
function operationRequest(operation, name, about) {
  const { fields } = SCHEMA.operations.find(({ name }) => name === operation);
  const typed = fields.map((entry) => {
    const type = OPERATION_TYPES[entry.name] ?? typeOf(entry);
    return `${comment(entry.description)}
      ${entry.name}${entry.required ? "" : "?"}: ${type};`;
  });
  // What the query of a URL has is the provider's own.
  const others =
    operation === "models"
      ? "[field: string]: unknown;"
      : `${comment(EXTRA_BODY.description)}
      ${EXTRA_BODY.name}?: ${typeOf(EXTRA_BODY)};`;
  return options(name, about, [...typed, others]);
}

// Fields of a batch that are options of one of its functions.
function batchOptions(name, about, ...names) {
  const { fields } = SCHEMA.operations.find(({ name }) => name === "batch");
  const taken = fields.filter((entry) => names.includes(entry.name));
  return options(
    name,
    about,
    taken.map((entry) => option(entry)),
  );
}

// What an operation finds.
function result(name, about, entries) {
  const fields = entries.map((entry) => {
    const type = RESULT_TYPES[entry.name] ?? typeOf(entry);
    const absent =
      PRESENT.includes(entry.name) || type === "unknown" ? "" : " | null";
    return `${comment(inCamelCase(entry.description))}
      readonly ${camelCase(entry.name)}: ${type}${absent};`;
  });
  return options(name, about, fields);
}

// What a user passes in.
function inputs() {
  const ofClient = [
    ...SCHEMA.client_options.map((entry) => option(entry, entry.default)),
    option(COLLECT, true),
    option(LOGGER),
  ];
  const ofCall = [...SCHEMA.call_options, COLLECT].map((entry) =>
    option(entry, null, CALL_DESCRIPTIONS[entry.name]),
  );
  return [
    NOTE,
    `import type { ApiKey } from "./api_key.js";
    import type { Logger } from "./logger.js";`,
    options(
      "Options",
      "Options of a LiterLlm: they hold for all of its requests.",
      ofClient,
    ),
    options(
      "CallOptions",
      "Options of one request. Where one is not set, the client's holds.",
      ofCall,
    ),
    union("LogLevel", "Which lines are logged.", SCHEMA.log_levels),
  ].join("\n\n");
}

// What a chat is asked with.
function chatRequest() {
  const imports = `import type { ChatFields, ResponseFormat } from "./chat_fields.js";
    import type { Message } from "./message.js";
    import type { FunctionTool, ProviderTool, ToolChoice } from "./tools.js";`;
  return [NOTE, imports, request()].join("\n\n");
}

// Requests and results of the operations.
function operations() {
  const unset =
    "Fields that are not set are not sent; those of the provider's own go into `extraBody`.";
  return [
    NOTE,
    `import type { Part } from "./message.js";`,
    `${comment("One thing to embed: a text, its token ids, or parts that become one vector.")}
    export type EmbedInput = string | readonly number[] | readonly Part[];`,
    operationRequest("embed", "EmbedRequest", `A request of embed(). ${unset}`),
    operationRequest(
      "rerank",
      "RerankRequest",
      `A request of rerank(). ${unset}`,
    ),
    operationRequest(
      "models",
      "ModelsRequest",
      "A request of models(). Its fields go to the query of the URL.",
    ),
    batchOptions(
      "BatchSubmission",
      "What batch.submit() takes beside the options of its call.",
      ...["metadata", "expires_after_s"],
    ),
    batchOptions(
      "BatchListing",
      "What batch.list() takes beside the options of its call.",
      "limit",
    ),
    result(
      "RerankResult",
      "A document and how well it answers the query.",
      SCHEMA.rerank_result_fields,
    ),
    result(
      "Model",
      "A model of a provider. What the provider does not say is null.",
      SCHEMA.model_fields,
    ),
    result(
      "InputTokens",
      "How many tokens a request has. What the provider does not say is null.",
      SCHEMA.input_tokens_fields,
    ),
    result(
      "ProviderStats",
      "What a client has sent to one provider.",
      SCHEMA.provider_stats_fields,
    ),
  ].join("\n\n");
}

// What a user gets back.
function outputs() {
  return [
    NOTE,
    usage(),
    tried(),
    union("Outcome", "How a stream ended.", SCHEMA.outcomes),
    union("FinishReason", "Why the model stopped.", SCHEMA.finish_reasons),
    union(
      "ErrorKind",
      "What kind of failure. UNKNOWN stands for a kind that a later version adds.",
      SCHEMA.error_kinds,
      ["UNKNOWN"],
    ),
    union("Phase", "Where in its life a request failed.", SCHEMA.phases),
    union("Timer", "The timer that ran out.", SCHEMA.timers),
  ].join("\n\n");
}

function names() {
  const list = (entries) => JSON.stringify(entries.map(({ name }) => name));
  const kinds = SCHEMA.event_kinds.map(
    ({ name, number }) => `${name}: ${number}`,
  );
  const fieldsOf = ({ name, fields }) =>
    name === "chat" || name === "count_tokens" ? SCHEMA.request_fields : fields;
  const operations = SCHEMA.operations.map(
    (operation) => `${operation.name}: ${list(fieldsOf(operation))}`,
  );
  const types = SCHEMA.client_options.map(
    ({ name, type }) => `${name}: ${JSON.stringify(type)}`,
  );
  const window = SCHEMA.client_options.find(
    ({ name }) => name === "stream_window_bytes",
  );
  return `${NOTE}
    "use strict";

    module.exports = {
      EventKind: {${kinds.join(", ")}},
      CLIENT_OPTION_TYPES: {${types.join(", ")}},
      CALL_OPTIONS: ${list(SCHEMA.call_options)},
      LOG_LEVELS: ${list(SCHEMA.log_levels)},
      PROVIDERS: ${list(SCHEMA.providers)},
      // The fields of a request, by operation.
      OPERATION_FIELDS: {${operations.join(", ")}},
      RERANK_RESULT_FIELDS: ${list(SCHEMA.rerank_result_fields)},
      MODEL_FIELDS: ${list(SCHEMA.model_fields)},
      INPUT_TOKENS_FIELDS: ${list(SCHEMA.input_tokens_fields)},
      PROVIDER_STATS_FIELDS: ${list(SCHEMA.provider_stats_fields)},
      // The default of stream_window_bytes.
      STREAM_WINDOW_BYTES: ${window.default},
    };`;
}

// The text of each generated file by its name.
export async function generate() {
  const files = {
    "lib/schema.cjs": names(),
    "types/options.d.ts": inputs(),
    "types/operations.d.ts": operations(),
    "types/receipt.d.ts": outputs(),
    "types/request.d.ts": chatRequest(),
  };
  for (const [name, text] of Object.entries(files))
    files[name] = await prettier.format(text, { filepath: name });
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(await generate()))
    writeFileSync(path.join(HERE, name), text);
}
