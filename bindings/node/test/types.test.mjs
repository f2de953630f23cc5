// What the types say, compared with the sources of the core: nothing that it has may be missing.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { LiterLlm } from "liter-llm";
import * as imported from "liter-llm";

import { Mock, PACKAGE, REQUEST, ROOT, test } from "./support.mjs";

const mock = await Mock.start();
const TYPES = readFileSync(path.join(PACKAGE, "index.d.ts"), "utf8");
// What this package takes out of the options itself, before the core sees them.
const OURS = ["collect", "signal"];

// The sources of the core, wherever a declaration stands in them.
function coreSources() {
  const folder = path.join(ROOT, "core/src");
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".rs"))
    .map((name) => readFileSync(path.join(folder, name), "utf8"))
    .join("\n");
}

const CORE = coreSources();

// The body of a declaration of the core, without its comments.
function bodyOf(begin) {
  const found = CORE.match(new RegExp(`pub ${begin} \\{\\n([^]*?)\\n\\}`));
  assert.ok(found, `the core declares no ${begin}`);
  return found[1].replaceAll(/^\s*\/\/.*$/gm, "");
}

const fieldsOf = (name) =>
  [...bodyOf(`struct ${name}`).matchAll(/^ {4}pub (\w+):/gm)].flatMap(
    ([, field]) => (field === "limits" ? fieldsOf("CallLimits") : [field]),
  );

// The options that an interface of index.d.ts has itself, in the core's spelling.
function typed(name) {
  const [, body] = TYPES.match(
    new RegExp(`export interface ${name}[^{]*\\{\n([^]*?)\n\\}`),
  );
  return [...body.matchAll(/^ {2}(\w+)\?:/gm)]
    .map(([, option]) =>
      option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    )
    .filter((option) => !OURS.includes(option));
}

test("types_have_every_option_of_the_core", () => {
  const options = fieldsOf("ClientOptions");
  assert.ok(options.length > 25, `${options.length} options were found`);

  assert.deepEqual(
    [...typed("CallOptions"), ...typed("Options")].sort(),
    options.sort(),
  );
});

// A call may set what a client may, and what is no field of the request's own.
test("types_have_every_option_of_a_call", () => {
  const options = fieldsOf("ClientOptions");
  const wanted = fieldsOf("LlmRequest").filter((field) =>
    options.includes(field),
  );
  assert.ok(wanted.length > 8, `${wanted.length} options were found`);

  assert.deepEqual(typed("CallOptions").sort(), wanted.sort());
});

// Fields of a request that are no options are known by name too.
test("types_have_every_field_of_a_request", () => {
  const options = fieldsOf("ClientOptions");
  const wanted = fieldsOf("LlmRequest").filter(
    (field) => !options.includes(field) && field !== "extra",
  );
  const [, body] = TYPES.match(/export interface Request \{\n([^]*?)\n\}/);

  const known = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);

  assert.deepEqual(known.sort(), wanted.sort());
});

test("types_have_every_log_level", () => {
  const levels = [...bodyOf("enum LogLevel").matchAll(/^ {4}(\w+),/gm)];
  const [, union] = TYPES.match(/logLevel\?: ([^;]*);/);

  assert.deepEqual(
    union.match(/\w+/g),
    levels.map(([, level]) => level.toLowerCase()),
  );
});

// Each is also an option that the core takes, under the name that camel case gives it.
test("every_typed_option_is_taken", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const sample = (option) => {
    const [, type] = TYPES.match(new RegExp(`^ {2}${option}\\?: (.*);$`, "m"));
    if (type === "number") return option === "workerThreads" ? 2 : 4096;
    if (type === "boolean") return false;
    return type.startsWith("Readonly") ? {} : undefined;
  };
  const names = [...TYPES.matchAll(/^ {2}(\w+)\?: (number|boolean|Read)/gm)]
    .map(([, name]) => name)
    .filter((name) => /[A-Z]|^(proxy|lenient|headers)$/.test(name));
  assert.ok(names.length > 20, `${names.length} options were found`);

  for (const name of names) {
    const llm = mock.connect(key, { [name]: sample(name) });
    assert.equal((await llm.invoke(REQUEST)).text, "Hello", name);
    llm.close();
  }
});

// Values that are exported, for import and require alike.
test("types_have_every_export", () => {
  const values = [...TYPES.matchAll(/^export (?:class|const) (\w+)/gm)];

  assert.deepEqual(
    values.map(([, name]) => name).sort(),
    Object.keys(imported).sort(),
  );
  assert.equal(imported.LiterLlm, LiterLlm);
});
