// Answers of a script, each in one word. They are plain objects, which `more` adds fields to. Pure.
"use strict";

const text = (content, more) => ({ text: content, ...more });

const toolCall = (name, input = {}, more = {}) => ({
  ...more,
  toolCalls: [{ name, arguments: input }, ...(more.toolCalls ?? [])],
});

// `error` is the name of a kind, a status, or an object with either.
const fail = (error = "PROVIDER", more) => ({ ...more, error });

const rateLimited = (error = {}, more) =>
  fail({ kind: "RATE_LIMITED", ...error }, more);

const cut = (content, more) => ({ ...contentOf(content), ...more, cut: true });

const hang = (content, more) => ({
  ...contentOf(content),
  ...more,
  hang: true,
});

const embeddings = (vectors, more) => ({ embeddings: vectors, ...more });

const contentOf = (content) => (content === undefined ? {} : { text: content });

module.exports = { cut, embeddings, fail, hang, rateLimited, text, toolCall };
