// Errors whose stack names the caller, although they are made while the core's events are
// delivered, where no function of the caller is on the stack.
//
// V8 finds the functions that await, when an error is made in an async function, by following the
// promise of that function. It costs nothing until there is an error.
"use strict";

// Rejects with what `make` returns. Whoever resolves a promise with it has done so after two turns
// of the queue of microtasks, and can then be found.
async function failLater(make) {
  await null;
  await null;
  throw make();
}

module.exports = { failLater };
