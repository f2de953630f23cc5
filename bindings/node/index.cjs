"use strict";

const {
  CountTokensResponse,
  EmbedResponse,
  ModelsResponse,
  RerankResponse,
  Stats,
} = require("./lib/operation_responses.cjs");
const { Batch } = require("./lib/batch_responses.cjs");
const { BatchResults } = require("./lib/batches.cjs");
const { Response } = require("./lib/response.cjs");
const { LiterLlm } = require("./lib/client.cjs");
const { LlmError } = require("./lib/error.cjs");
const { native } = require("./lib/native.cjs");
const { Stream } = require("./lib/stream.cjs");

module.exports = {
  Batch,
  BatchResults,
  CountTokensResponse,
  EmbedResponse,
  LiterLlm,
  LlmError,
  ModelsResponse,
  RerankResponse,
  Response,
  Stats,
  Stream,
  version: native.version,
};
