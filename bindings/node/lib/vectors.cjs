// Vectors collects those of one call in one buffer, which has room for all of them from the first
// on: each number is copied once, out of the core.
"use strict";

const { LlmError } = require("./error.cjs");

class Vectors {
  values = new Float32Array(0);
  count = 0;
  dimensions = 0;
  #native;
  #expected;

  // `expected` is how many will come, where all goes well.
  constructor(native, expected) {
    this.#native = native;
    this.#expected = expected;
  }

  // Adds the vectors of an event, which has so many bytes.
  add(event, count, bytes) {
    const length = bytes / Float32Array.BYTES_PER_ELEMENT;
    this.dimensions = length / count;
    const start = this.count * this.dimensions;
    this.#reserve(count);
    const target = this.values.subarray(start, start + length);
    this.#native.copyVectors(event, target);
    this.count += count;
  }

  // The numbers that came, in the order of the inputs.
  get numbers() {
    return this.values.subarray(0, this.count * this.dimensions);
  }

  #reserve(count) {
    const needed = this.count + count;
    const { dimensions, values } = this;
    if (needed * dimensions <= values.length) return;
    const room = Math.max(needed, this.#expected, this.count * 2);
    try {
      this.values = new Float32Array(room * dimensions);
    } catch {
      const vectors = `${room} vectors of ${dimensions} numbers`;
      const message = `there is no memory for ${vectors}; embed fewer inputs at once`;
      throw new LlmError({ kind: "TOO_LARGE", message });
    }
    this.values.set(values);
  }
}

module.exports = { Vectors };
