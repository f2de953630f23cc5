// Which receivers an AbortSignal aborts. A signal that many streams share, such as the one of a
// server that shuts down, has one listener of ours, and none while no stream is live.
"use strict";

const followed = new WeakMap();

// Only the receiver is kept, and only until its end: a signal may outlive many streams.
function follow(signal, receiver) {
  const receivers = followed.get(signal) ?? listen(signal);
  receivers.add(receiver);
  receiver.onEnd = () => {
    receivers.delete(receiver);
    if (receivers.size === 0) receivers.stop();
  };
  // An event from before the listener was added does not come again.
  if (signal.aborted) receiver.abort(signal.reason);
}

function listen(signal) {
  const receivers = new Set();
  const abort = () => {
    for (const receiver of receivers) receiver.abort(signal.reason);
  };
  receivers.stop = () => {
    followed.delete(signal);
    signal.removeEventListener("abort", abort);
  };
  signal.addEventListener("abort", abort);
  followed.set(signal, receivers);
  return receivers;
}

// A signal of this realm, of another one, or of another implementation.
function isSignal(value) {
  return (
    typeof value?.addEventListener === "function" &&
    typeof value.removeEventListener === "function" &&
    typeof value.aborted === "boolean"
  );
}

module.exports = { follow, isSignal };
