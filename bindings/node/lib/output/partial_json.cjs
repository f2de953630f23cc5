// JSON that is still being written: the value of as much as has come. A text that is cut is the text
// so far; a number, a word or a name that may go on is left out, because it may become another one.
//
// Each piece is read once, to know what is open; the value is made by JSON.parse from the text and
// what closes it.
"use strict";

// A value is made anew when the text has grown by this part of it, so that reading a long text
// costs not much more than parsing it this often.
const STEPS = 512;
const CLOSES = { "{": "}", "[": "]" };

class PartialJson {
  #text = "";
  // What closes the objects and lists that are open, outermost first.
  #closers = [];
  // Up to here the text is JSON once it is closed, with as many closers as were open there.
  #safe = 0;
  #safeClosers = "";
  #inString = false;
  #isEscape = false;
  // Whether the string that is open is a name.
  #isName = false;
  // Whether the next string in an object is a name.
  #expectsName = false;
  #next = 0;
  #position = 0;

  // Adds a piece; whether there is a new value.
  push(piece) {
    this.#text += piece;
    if (this.#text.length < this.#next) return false;
    this.#read();
    if (!this.#hasValue) return false;
    this.#next = this.#text.length + Math.floor(this.#text.length / STEPS) + 1;
    return true;
  }

  // Reads what push() has put off; whether there is a new value.
  end() {
    if (this.#position === this.#text.length) return false;
    this.#read();
    return this.#hasValue;
  }

  // The value so far; undefined where there is none yet.
  get value() {
    if (!this.#hasValue) return undefined;
    try {
      return JSON.parse(this.#closed());
    } catch {
      // No JSON: what comes at the end is the error.
      return undefined;
    }
  }

  get #hasValue() {
    return this.#safe > 0 || (this.#inString && !this.#isName);
  }

  #closed() {
    const isText = this.#inString && !this.#isName;
    if (!isText) return this.#text.slice(0, this.#safe) + this.#safeClosers;
    const closers = [...this.#closers].reverse().join("");
    return `${withoutCutEscape(this.#text)}"${closers}`;
  }

  #read() {
    const text = this.#text;
    for (; this.#position < text.length; this.#position++) {
      const character = text[this.#position];
      if (this.#inString) this.#readInString(character);
      else this.#readOutside(character);
    }
  }

  #readInString(character) {
    if (this.#isEscape) this.#isEscape = false;
    else if (character === "\\") this.#isEscape = true;
    else if (character === '"') {
      this.#inString = false;
      if (!this.#isName) this.#markSafe(1);
    }
  }

  #readOutside(character) {
    if (character === '"') {
      this.#inString = true;
      this.#isName = this.#expectsName;
      this.#expectsName = false;
    } else if (character === "{" || character === "[") {
      this.#closers.push(CLOSES[character]);
      this.#expectsName = character === "{";
      this.#markSafe(1);
    } else if (character === "}" || character === "]") {
      this.#closers.pop();
      this.#expectsName = false;
      this.#markSafe(1);
    } else if (character === ",") {
      // A number or a word ends here at the latest.
      this.#markSafe(0);
      this.#expectsName = this.#closers.at(-1) === "}";
    }
  }

  // Up to here, and `more` characters on.
  #markSafe(more) {
    this.#safe = this.#position + more;
    this.#safeClosers = [...this.#closers].reverse().join("");
  }
}

// Without an escape that is not whole, and without the half of a character beyond the first 65,536.
function withoutCutEscape(text) {
  const [cut] = text.match(/\\(?:u[\da-fA-F]{0,3})?$/) ?? [""];
  const isEscaped = /(?:^|[^\\])(?:\\\\)*$/.test(
    text.slice(0, text.length - cut.length),
  );
  const whole = cut !== "" && isEscaped ? text.slice(0, -cut.length) : text;
  return whole.replace(/(?:[\uD800-\uDBFF]|\\u[dD][89abAB][\da-fA-F]{2})$/, "");
}

module.exports = { PartialJson };
