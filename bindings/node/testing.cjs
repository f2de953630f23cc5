"use strict";

const answers = require("./lib/testing/answers.cjs");
const { makeError, makeResponse } = require("./lib/testing/made.cjs");
const { ScriptedLlm, scripted } = require("./lib/testing/scripted_llm.cjs");
const { taped } = require("./lib/testing/taped.cjs");

module.exports = {
  ...answers,
  ScriptedLlm,
  makeError,
  makeResponse,
  scripted,
  taped,
};
