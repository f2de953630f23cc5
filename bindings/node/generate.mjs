// Generates lib/schema.cjs and types/{options,operations,receipt,request,script,tape}.d.ts from the
// core's schema.json: the names, numbers and defaults that the package knows, and the types of
// options, requests, results, usage and errors. `npm run generate` writes them; a test fails when
// they are stale.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import prettier from "prettier";

import {
  NOTE,
  SCHEMA,
  camelCase,
  comment,
  inCamelCase,
  option,
  options,
  typeOf,
  union,
} from "./generate/declarations.mjs";
import { script, tape } from "./generate/script_and_tape.mjs";

export { SCHEMA, camelCase };

const HERE = path.dirname(fileURLToPath(import.meta.url));

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
    import type { Logger } from "./logger.js";
    import type { Script } from "./script.js";
    import type { TapeOptions } from "./tape.js";`,
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
  const typesOf = (entries) =>
    entries
      .map(({ name, type }) => `${name}: ${JSON.stringify(type)}`)
      .join(", ");
  const retried = SCHEMA.error_kinds.map(
    (kind) => `${kind.name}: ${kind.retried !== "no"}`,
  );
  const window = SCHEMA.client_options.find(
    ({ name }) => name === "stream_window_bytes",
  );
  return `${NOTE}
    "use strict";

    module.exports = {
      EventKind: {${kinds.join(", ")}},
      CLIENT_OPTION_TYPES: {${typesOf(SCHEMA.client_options)}},
      CALL_OPTIONS: ${list(SCHEMA.call_options)},
      LOG_LEVELS: ${list(SCHEMA.log_levels)},
      PROVIDERS: ${list(SCHEMA.providers)},
      // The fields of a request, by operation.
      OPERATION_FIELDS: {${operations.join(", ")}},
      RERANK_RESULT_FIELDS: ${list(SCHEMA.rerank_result_fields)},
      MODEL_FIELDS: ${list(SCHEMA.model_fields)},
      INPUT_TOKENS_FIELDS: ${list(SCHEMA.input_tokens_fields)},
      PROVIDER_STATS_FIELDS: ${list(SCHEMA.provider_stats_fields)},
      USAGE_FIELDS: ${list(SCHEMA.usage_fields)},
      // Whether errors of a kind are retried, if only some of them.
      ERROR_KINDS: {${retried.join(", ")}},
      // The types of an answer of a script.
      SCRIPT_ANSWER_FIELDS: {${typesOf(SCHEMA.script_answer_fields)}},
      SCRIPT_ERROR_FIELDS: ${list(SCHEMA.script_error_fields)},
      SCRIPT_CONDITION_FIELDS: ${list(SCHEMA.script_condition_fields)},
      TAPE_FIELDS: ${list(SCHEMA.tape_fields)},
      TAPE_MODES: ${list(SCHEMA.tape_modes)},
      TAPE_PACES: ${list(SCHEMA.tape_paces)},
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
    "types/script.d.ts": script(),
    "types/tape.d.ts": tape(),
  };
  for (const [name, text] of Object.entries(files))
    files[name] = await prettier.format(text, { filepath: name });
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(await generate()))
    writeFileSync(path.join(HERE, name), text);
}
