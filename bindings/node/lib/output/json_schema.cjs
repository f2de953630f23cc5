// The JSON schema of what a program gives as one: a Standard Schema that exports it, as those of
// zod and arktype do, or a JSON schema itself. Loads no library: what is needed comes with the
// schema (https://standardschema.dev/json-schema).
"use strict";

const { describe } = require("../describe.cjs");
const { configError } = require("../error.cjs");

// The drafts that are asked for, best first.
const TARGETS = ["draft-2020-12", "draft-07"];
// What to do with a schema of a library whose schemas do not export theirs by themselves.
const ADVICE = {
  valibot: "wrap it with toStandardJsonSchema of @valibot/to-json-schema",
  zod: "use zod 4.2 or newer, or pass z.toJSONSchema(schema)",
};
// A JSON schema has one of these, and other objects that are passed by mistake have none.
const KEYWORDS = ["type", "properties", "anyOf", "oneOf", "allOf", "$ref"];

// `what` names the option that the schema is of.
function jsonSchemaOf(schema, what) {
  const standard = schema?.["~standard"];
  if (standard !== undefined) return exported(standard, what);
  const isPlain = typeof schema === "object" && schema !== null;
  if (isPlain && [...KEYWORDS, "enum"].some((name) => name in schema))
    return schema;
  const expected =
    "expected a Standard Schema, such as zod's, or a JSON schema";
  throw configError(`${what}: ${expected}, got ${describe(schema)}`);
}

// What has to be written so that the schema takes it: its input, not what it makes of it.
function exported({ vendor, jsonSchema }, what) {
  if (typeof jsonSchema?.input !== "function") {
    const advice = ADVICE[vendor] ?? "pass a JSON schema";
    throw configError(
      `${what}: the schema of ${vendor} exports no JSON schema; ${advice}`,
    );
  }
  let reason;
  for (const target of TARGETS) {
    try {
      return jsonSchema.input({ target });
    } catch (error) {
      reason ??= error;
    }
  }
  const message = `${what}: the schema cannot be written as a JSON schema: ${reason?.message}`;
  throw configError(message, reason);
}

// What the schema makes of a value: `{ value }`, or `{ issues }` with a message and path each.
async function validate(schema, value) {
  const standard = schema["~standard"];
  if (standard === undefined) return { value };
  const result = await standard.validate(value);
  if (result.issues === undefined) return { value: result.value };
  return { issues: result.issues.map(readIssue) };
}

function readIssue({ message, path = [] }) {
  const keys = path.map((part) =>
    typeof part === "object" && part !== null ? part.key : part,
  );
  return { message, path: keys };
}

// Issues as one line: "address.zip: Invalid input".
function issuesToText(issues) {
  return issues
    .map(({ message, path }) =>
      path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`,
    )
    .join("; ");
}

module.exports = { issuesToText, jsonSchemaOf, validate };
