"use strict";

const { Response } = require("./lib/response.cjs");
const { LiterLlm } = require("./lib/client.cjs");
const { LlmError } = require("./lib/error.cjs");
const { native } = require("./lib/native.cjs");
const { Stream } = require("./lib/stream.cjs");

module.exports = {
  LiterLlm,
  LlmError,
  Response,
  Stream,
  version: native.version,
};
