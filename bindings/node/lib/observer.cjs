// Observers: who is told when a call of a LiterLlm starts and when it has ended; liter-llm/otel has
// one. Both happen in the caller's async context, and the end never while events are delivered.
"use strict";

const { AsyncResource } = require("node:async_hooks");

const { isObject } = require("./usual_values.cjs");

// The name under which a LiterLlm, or their prototype for all, has its observer: an object with
// begin(fields, options), which returns null or an object with headers() and end(found).
const OBSERVER = Symbol("observer");

// Where a call was made. It keeps no process alive.
class CallContext extends AsyncResource {
  constructor() {
    super("liter-llm call");
  }

  hasRef() {
    return false;
  }
}

// A call that somebody observes.
class Observed {
  #observation;
  #context;

  constructor(observation, context) {
    this.#observation = observation;
    this.#context = context;
  }

  // The fields with the observer's headers, below those of the request and of the client.
  addHeaders(fields, options) {
    const more = guarded(() => this.#observation.headers()) ?? {};
    const own = fields.headers ?? {};
    const theirs = options.headers ?? {};
    // What is no object the core refuses.
    if (!isObject(own) || !isObject(theirs)) return fields;
    const names = [...Object.keys(own), ...Object.keys(theirs)];
    const known = new Set(names.map((name) => name.toLowerCase()));
    const added = Object.entries(more).filter(
      ([name]) => !known.has(name.toLowerCase()),
    );
    if (added.length === 0) return fields;
    return { ...fields, headers: { ...Object.fromEntries(added), ...own } };
  }

  // Before whoever waits for the end goes on. `read` gives what was received.
  end(read) {
    const end = () => guarded(() => this.#observation.end(read()));
    queueMicrotask(() => this.#context.runInAsyncScope(end));
  }

  // The end of a call that could not be started.
  fail(error) {
    const { kind = "UNKNOWN", message = String(error) } = error ?? {};
    const receipt = { outcome: "failed", error: { kind, message } };
    this.end(() => ({ start: {}, receipt, partial: () => null }));
  }
}

// Tells an observer that a call starts; null where it is of no interest.
function observe(observer, { fields, options, context }) {
  const place = context ?? new CallContext();
  const begin = () => guarded(() => observer.begin(fields, options));
  const observation = place.runInAsyncScope(begin);
  return observation ? new Observed(observation, place) : null;
}

// A call goes on without its observer, if that fails.
function guarded(work) {
  try {
    return work();
  } catch (error) {
    process.emitWarning(`liter-llm: the observer failed: ${error?.message}`);
    return null;
  }
}

module.exports = { CallContext, OBSERVER, observe };
