// Which channels follow an AbortSignal. A signal that many streams share, such as the one of a
// server that shuts down, has one listener of ours, and none while no stream is live.
"use strict";

const followed = new WeakMap();

// Only the channel is kept, and only until its end: a signal may outlive many streams.
function follow(signal, channel) {
  const channels = followed.get(signal) ?? listen(signal);
  channels.add(channel);
  channel.onEnd = () => {
    channels.delete(channel);
    if (channels.size === 0) channels.stop();
  };
  // An event of before the listener does not come again.
  if (signal.aborted) channel.abort(signal.reason);
}

function listen(signal) {
  const channels = new Set();
  const abort = () => {
    for (const channel of channels) channel.abort(signal.reason);
  };
  channels.stop = () => {
    followed.delete(signal);
    signal.removeEventListener("abort", abort);
  };
  signal.addEventListener("abort", abort);
  followed.set(signal, channels);
  return channels;
}

// What a call may be given: a signal of this realm, of another one, or of another make.
function isSignal(value) {
  return (
    typeof value?.addEventListener === "function" &&
    typeof value.removeEventListener === "function" &&
    typeof value.aborted === "boolean"
  );
}

module.exports = { follow, isSignal };
