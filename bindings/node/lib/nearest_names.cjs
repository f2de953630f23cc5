// Which names may be meant by an unknown one: another spelling, another order of words, a letter
// too much. Pure; the core has the same rules for the options of a client.
"use strict";

const NAMES_MAX = 3;
// Longer names are not misspelled ones.
const NAME_LENGTH_MAX = 64;
// Shorter words, such as "ms", stand in too many names.
const WORD_LENGTH_MIN = 4;

// The names that come nearest, best first.
function nearestNames(name, known) {
  if (name.length > NAME_LENGTH_MAX) return [];
  const letters = lettersOf(name);
  const words = wordsOf(name);
  // The same words in another number leave no doubt; none of the rules below would see them.
  const isOtherNumber = (other) =>
    hasSameWords(name, other) &&
    !wordsOf(other).every((word) => words.includes(word));
  const only = [...known].find(isOtherNumber);
  if (only !== undefined) return [only];
  const hasWord = words.some((word) => word.length >= WORD_LENGTH_MIN);
  const found = [...known]
    .map((candidate) => ({
      candidate,
      words: wordsOf(candidate),
      distance: changes(letters, lettersOf(candidate)),
    }))
    .filter(
      (found) =>
        found.distance <= Math.floor(letters.length / 4) ||
        (hasWord && words.every((word) => found.words.includes(word))),
    );
  const rank = (found) => (found.words.length === words.length ? 0 : 1);
  found.sort((a, b) => rank(a) - rank(b) || a.distance - b.distance);
  // One that is spelled almost the same leaves no doubt.
  const same = found.find(({ distance }) => distance <= 1);
  return (same ? [same] : found.slice(0, NAMES_MAX)).map(
    ({ candidate }) => candidate,
  );
}

// Whether both have the same words, several of them, in any order and number: retry_max and
// max_retries.
function hasSameWords(name, known) {
  const stems = stemsOf(name);
  return stems.length > 1 && stems.join() === stemsOf(known).join();
}

const stemsOf = (name) => wordsOf(name).map(stemOf).sort();

// A word without the end of its plural.
function stemOf(word) {
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  return word.endsWith("s") && word.length > 3 ? word.slice(0, -1) : word;
}

// How many letters are wrong; two that changed places are one.
function changes(left, right) {
  const sorted = (text) => [...text].sort().join("");
  const distance = editDistance(left, right);
  const isSwapped =
    distance === 2 &&
    left.length === right.length &&
    sorted(left) === sorted(right);
  return isSwapped ? 1 : distance;
}

const lettersOf = (name) => name.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

// The words of snake_case, kebab-case and camelCase.
const wordsOf = (name) =>
  name
    .split(/[^\p{L}\p{N}]+|(?=\p{Lu})/u)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());

// How many letters have to be inserted, deleted or changed (Levenshtein).
function editDistance(left, right) {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...right].entries()) {
      const changed = row[column] + (letter === other ? 0 : 1);
      next.push(Math.min(changed, next[column] + 1, row[column + 1] + 1));
    }
    row = next;
  }
  return row.at(-1);
}

module.exports = { nearestNames };
