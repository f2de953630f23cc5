// What generate.mjs writes with: the schema, and declarations of TypeScript with their comments.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const COMMENT_COLUMNS = 84;
export const NOTE =
  "// Generated from core/schema/schema.json by generate.mjs; do not edit.";

export const SCHEMA = JSON.parse(
  readFileSync(path.join(HERE, "../../../core/schema/schema.json"), "utf8"),
);

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

// Options that have fields of their own.
const NESTED = {
  script: "Script",
  tape: "string | URL | TapeOptions",
};

export const camelCase = (name) =>
  name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

export function typeOf({ name, type }) {
  if (name in NESTED) return NESTED[name];
  if (!(type in TYPES)) throw new Error(`${name}: unknown type ${type}`);
  return TYPES[type];
}

// A TSDoc comment whose lines stay below the limit when they are indented.
export function comment(...paragraphs) {
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
export const inCamelCase = (text) =>
  text.replace(/`[a-z][a-z0-9_]*`/g, (name) =>
    LABELS.includes(name) ? name : camelCase(name),
  );

export function option(entry, byDefault, description = entry.description) {
  const lines = [inCamelCase(description)];
  if (byDefault != null)
    lines.push(`@defaultValue ${JSON.stringify(byDefault)}`);
  return `${comment(...lines)}\n${camelCase(entry.name)}?: ${typeOf(entry)};`;
}

export function options(name, about, entries) {
  return `${comment(about)}
    export interface ${name} {\n${entries.join("\n")}\n}`;
}

// One of several words, each of which the comment explains.
export function union(name, about, entries, last = []) {
  const explained = entries.map(
    (entry) => `- \`${entry.name}\`: ${inCamelCase(entry.description)}`,
  );
  const words = [...entries.map((entry) => entry.name), ...last];
  return `${comment(about, "", ...explained)}
    export type ${name} = ${words.map((word) => `"${word}"`).join(" | ")};`;
}
