// The strict form of a JSON schema, which OpenAI's structured outputs want: every object is closed
// and has all of its properties. An optional one may be null instead, and is taken out again before
// the program sees it. Pure. The rules: platform.openai.com/docs/guides/structured-outputs, and
// to_strict_json_schema of openai-python.
"use strict";

// Keywords that strict schemas may not have.
const UNSUPPORTED = [
  ...["patternProperties", "unevaluatedProperties", "prefixItems", "not"],
  ...["if", "then", "else", "dependentRequired", "dependentSchemas"],
  ...["contains", "additionalItems"],
];
// Notes that mean nothing to a model, or that strict schemas may not have.
const NOTES = ["$schema", "$id", "default", "~standard"];
const OF_SCHEMAS = ["anyOf", "allOf", "oneOf"];

class NotStrict extends Error {}

// The strict form, or null where there is none: of records and of values of any kind.
function strictSchema(schema) {
  try {
    return strict(schema);
  } catch (error) {
    if (error instanceof NotStrict) return null;
    throw error;
  }
}

function strict(schema) {
  const isAny = typeof schema !== "object" || Object.keys(schema).length === 0;
  if (isAny || UNSUPPORTED.some((name) => name in schema))
    throw new NotStrict();
  const result = { ...schema };
  for (const name of NOTES) delete result[name];
  for (const name of OF_SCHEMAS)
    if (Array.isArray(schema[name])) result[name] = schema[name].map(strict);
  // One of several is any of them to a model, and strict schemas have only that.
  if (result.oneOf !== undefined && result.anyOf === undefined) {
    result.anyOf = result.oneOf;
    delete result.oneOf;
  }
  for (const name of ["$defs", "definitions"])
    if (schema[name] !== undefined)
      result[name] = mapValues(schema[name], strict);
  if (schema.items !== undefined) result.items = strict(schema.items);
  return isObject(schema) ? strictObject(schema, result) : result;
}

function strictObject(schema, result) {
  const { properties, additionalProperties = false } = schema;
  if (properties === undefined || additionalProperties !== false)
    throw new NotStrict();
  result.properties = mapValues(properties, (property, name) =>
    isRequired(schema, name) ? strict(property) : nullable(strict(property)),
  );
  result.required = Object.keys(properties);
  result.additionalProperties = false;
  return result;
}

const nullable = (schema) =>
  acceptsNull(schema) ? schema : { anyOf: [schema, { type: "null" }] };

// Takes out, in place, each null that only the strict form allows. `schema` is the original one,
// `root` what its references start from.
function dropNulls(value, schema, root = schema) {
  const found = resolve(schema, root);
  if (typeof value !== "object" || value === null) return value;
  for (const name of OF_SCHEMAS)
    for (const part of found[name] ?? []) {
      const resolved = resolve(part, root);
      if (name === "allOf" || fits(value, resolved))
        dropNulls(value, resolved, root);
    }
  if (Array.isArray(value)) {
    if (typeof found.items === "object")
      for (const item of value) dropNulls(item, found.items, root);
    return value;
  }
  for (const [name, property] of Object.entries(found.properties ?? {})) {
    if (!Object.hasOwn(value, name)) continue;
    const isOptional = !isRequired(found, name);
    if (value[name] === null && isOptional && !acceptsNull(property, root))
      delete value[name];
    else dropNulls(value[name], property, root);
  }
  return value;
}

// Whether a value may be meant by one of several schemas: its constants are those of the value.
function fits(value, schema) {
  return Object.entries(schema.properties ?? {}).every(([name, property]) => {
    const words = "const" in property ? [property.const] : property.enum;
    return words === undefined || words.includes(value[name] ?? null);
  });
}

function acceptsNull(schema, root = schema) {
  const found = resolve(schema, root);
  const types = [found.type].flat();
  const others = [...(found.anyOf ?? []), ...(found.oneOf ?? [])];
  return (
    types.includes("null") ||
    found.const === null ||
    found.enum?.includes(null) === true ||
    others.some((part) => acceptsNull(part, root))
  );
}

// What a reference inside of the schema means; only a chain of a few is followed.
function resolve(schema, root) {
  let found = schema;
  for (let step = 0; step < 8 && found?.$ref?.startsWith("#"); step++) {
    const names = found.$ref.slice(1).split("/").slice(1);
    found = names.reduce((part, name) => part?.[unescape(name)], root);
  }
  return typeof found === "object" && found !== null ? found : {};
}

// The escapes of a JSON pointer, RFC 6901.
const unescape = (name) =>
  decodeURIComponent(name).replace(/~1/g, "/").replace(/~0/g, "~");

const isObject = ({ type, properties }) =>
  type === "object" || properties !== undefined;

const isRequired = ({ required = [] }, name) => required.includes(name);

const mapValues = (object, change) =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, change(value, name)]),
  );

module.exports = { dropNulls, strictSchema };
