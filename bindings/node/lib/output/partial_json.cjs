// JSON that is still being written: the value of as much as has come. A text that is cut is the
// text so far; a number, a word or a name that may go on is left out, because it may become
// another one.
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
  // Up to here the string that is open has whole characters.
  #stringEnd = 0;
  // How many characters of an escape are still to come, and its hexadecimal digits.
  #escapeLeft = 0;
  #digits = "";
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
    return `${this.#text.slice(0, this.#stringEnd)}"${closers}`;
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
    if (this.#escapeLeft > 0) {
      this.#readEscape(character);
    } else if (character === "\\") {
      this.#escapeLeft = 1;
      this.#digits = "";
    } else if (character === '"') {
      this.#inString = false;
      if (!this.#isName) this.#markSafe(1);
    } else {
      this.#markCharacter(character.charCodeAt(0));
    }
  }

  #readEscape(character) {
    this.#escapeLeft--;
    if (this.#digits !== "") this.#digits += character;
    else if (character === "u") {
      this.#escapeLeft = 4;
      this.#digits = "0x";
    }
    if (this.#escapeLeft === 0) this.#markCharacter(Number(this.#digits));
  }

  // The first half of a character beyond the first 65,536 waits for the second.
  #markCharacter(code) {
    if (code < 0xd800 || code > 0xdbff) this.#stringEnd = this.#position + 1;
  }

  #readOutside(character) {
    if (character === '"') {
      this.#inString = true;
      this.#stringEnd = this.#position + 1;
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

module.exports = { PartialJson };
