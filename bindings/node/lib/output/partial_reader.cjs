// PartialReader: the iterator of stream.partials(). Each step is as much of the output as has come;
// after the last one the whole is checked.
"use strict";

const { PartialJson } = require("./partial_json.cjs");

class PartialReader {
  #tokens;
  #output;
  #check;
  #json = new PartialJson();
  #last = false;
  #done = false;

  // `tokens` is the reader of the text; `check` rejects where the whole is not what was asked for.
  constructor(tokens, output, check) {
    this.#tokens = tokens;
    this.#output = output;
    this.#check = check;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    while (!this.#last) {
      const { value: piece, done } = await this.#read();
      if (this.#done) break;
      this.#last = done === true;
      const isNew = this.#last ? this.#json.end() : this.#json.push(piece);
      const value = isNew ? this.#output.partial(this.#json.value) : undefined;
      if (value !== undefined) return { value, done: false };
    }
    if (!this.#done) {
      this.#done = true;
      await this.#check();
    }
    return { value: undefined, done: true };
  }

  return(value) {
    this.#leave();
    return this.#tokens.return(value);
  }

  throw(error) {
    this.#leave();
    return this.#tokens.throw(error);
  }

  async #read() {
    try {
      return await this.#tokens.next();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  #leave() {
    this.#done = true;
    this.#last = true;
  }
}

module.exports = { PartialReader };
