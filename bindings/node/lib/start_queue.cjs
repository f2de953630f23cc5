// The calls that wait to be started. A start costs some 15 us, so that a program that starts ten
// thousand at once would keep its event loop from everything else, the first tokens of the same
// calls included. So each turn of the loop starts a limited number, and the others wait for the
// next turns, in the order in which they came.
"use strict";

// A test may have put its own in the place of the global one.
const { setImmediate } = require("node:timers");

// Some 15 ms.
const STARTS_PER_TURN = 1024;

// Since the loop last went on.
let started = 0;
// What lets each of them go on.
let waiting = [];

// Counts a start. Null where it may be made at once, else a promise of its turn.
function turnToStart() {
  if (started < STARTS_PER_TURN && waiting.length === 0) {
    started++;
    return null;
  }
  if (waiting.length === 0) setImmediate(takeTurn);
  return new Promise((resolve) => waiting.push(resolve));
}

function takeTurn() {
  const admitted = waiting.splice(0, STARTS_PER_TURN);
  started = admitted.length;
  for (const goOn of admitted) goOn();
  if (waiting.length > 0) setImmediate(takeTurn);
}

// The loop has gone on: events have come.
function noticeTurn() {
  started = 0;
}

module.exports = { STARTS_PER_TURN, noticeTurn, turnToStart };
