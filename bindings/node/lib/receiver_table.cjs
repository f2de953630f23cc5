// The receivers of one client, by the numbers of their streams.
//
// A Map would do the same, but it makes itself a new table now and then, and V8 keeps each old one,
// and with it what stood in there, until a full collection: most streams outlived their end so.
"use strict";

const SLOTS_AT_FIRST = 64;

class ReceiverTable {
  size = 0;
  // A power of two, at most half of them taken. A number stands at the place of its last bits, and
  // one whose place is taken is not given away.
  #slots = new Array(SLOTS_AT_FIRST).fill(undefined);
  #number;

  // `last` is the number before the first.
  constructor(last = 0) {
    this.#number = last;
  }

  // Gives a receiver its number: not 0, of 32 bits, and no other's.
  add(receiver) {
    if (2 * this.size >= this.#slots.length) this.#grow();
    do this.#number = (this.#number + 1) >>> 0;
    while (this.#number === 0 || this.#slots[this.#place] !== undefined);
    receiver.number = this.#number;
    this.#slots[this.#place] = receiver;
    this.size++;
  }

  get(number) {
    const receiver = this.#slots[number & (this.#slots.length - 1)];
    return receiver?.number === number ? receiver : undefined;
  }

  delete(number) {
    if (this.get(number) === undefined) return;
    this.#slots[number & (this.#slots.length - 1)] = undefined;
    this.size--;
  }

  get #place() {
    return this.#number & (this.#slots.length - 1);
  }

  // Numbers that differ in their last bits differ in one bit more.
  #grow() {
    const receivers = this.#slots.filter((receiver) => receiver !== undefined);
    this.#slots = new Array(2 * this.#slots.length).fill(undefined);
    for (const receiver of receivers)
      this.#slots[receiver.number & (this.#slots.length - 1)] = receiver;
  }
}

module.exports = { ReceiverTable };
