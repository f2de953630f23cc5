// ScriptedLlm: a LiterLlm whose every call is answered by a script, whatever provider it names. It
// sends nothing, and knows what it was asked.
"use strict";

const { LiterLlm } = require("../client.cjs");
const { scriptToCore } = require("../script_and_tape.cjs");
const { isObject } = require("../usual_values.cjs");
const { assertAsked } = require("./asked.cjs");
const { BEFORE_START, SCRIPT } = require("./hooks.cjs");

const PROVIDER = "script";

class ScriptedLlm extends LiterLlm {
  // The options may be those of the program: a provider and its API play no part, and neither does
  // a tape, as nothing is sent.
  constructor(script, options = {}) {
    const { fallbacks, ...others } = options;
    super({
      ...others,
      ...{ provider: PROVIDER, api: undefined, script },
      fallbacks: fallbacksToScript(fallbacks),
    });
  }

  async requests() {
    const { requests } = await this[SCRIPT]();
    return requests.map(asWritten);
  }

  async answersLeft() {
    const { answers_left: count } = await this[SCRIPT]();
    return count;
  }

  async assertAsked(expected) {
    return assertAsked(await this.requests(), expected);
  }

  async add(script) {
    await this[SCRIPT]({ answers: scriptToCore(script) });
  }

  async reset(script) {
    const answers =
      script === undefined ? {} : { answers: scriptToCore(script) };
    await this[SCRIPT]({ reset: true, ...answers });
  }

  // The model is left as it is, also with the prefix of a provider.
  [BEFORE_START]({ provider, api: _, fallbacks, ...fields }) {
    // An object is a field of the body.
    if (isObject(provider)) fields.provider = provider;
    if (fallbacks !== undefined)
      fields.fallbacks = fallbacksToScript(fallbacks);
    return fields;
  }
}

function fallbacksToScript(fallbacks) {
  if (!Array.isArray(fallbacks)) return fallbacks;
  return fallbacks.map((fallback) => {
    if (typeof fallback === "string")
      return { provider: PROVIDER, model: fallback };
    if (!isObject(fallback)) return fallback;
    const { api: _, ...fields } = fallback;
    return { ...fields, provider: PROVIDER };
  });
}

// An awaited call asks for a response that is not streamed, which its caller did not write.
function asWritten({ stream, ...request }) {
  return stream ? { ...request, stream } : request;
}

const scripted = (script, options) => new ScriptedLlm(script, options);

module.exports = { ScriptedLlm, scripted };
