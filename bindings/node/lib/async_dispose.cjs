// The name of the function that `await using` calls, also where the runtime does not have it yet:
// then it is the one that compilers use in its place.
"use strict";

const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

module.exports = { ASYNC_DISPOSE };
