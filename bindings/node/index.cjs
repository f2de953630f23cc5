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
const { LlmResponse } = require("./lib/llm_response.cjs");
const { LiterLlm } = require("./lib/client.cjs");
const { LlmError } = require("./lib/error.cjs");
const { native } = require("./lib/native.cjs");
const { OutputError } = require("./lib/output/output_error.cjs");
const { Stream } = require("./lib/stream.cjs");
const { Tool, runTools, tool } = require("./lib/tools.cjs");

module.exports = {
  Batch,
  BatchResults,
  CountTokensResponse,
  EmbedResponse,
  LiterLlm,
  LlmError,
  LlmResponse,
  ModelsResponse,
  OutputError,
  RerankResponse,
  Stats,
  Stream,
  Tool,
  runTools,
  tool,
  version: native.version,
};
