// What the AI SDK's options of a call are as a request. No I/O.

const SETTINGS = {
  maxOutputTokens: "max_tokens",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  stopSequences: "stop",
  seed: "seed",
};

// The request, and warnings of what it cannot have. Fields below providerOptions.literLlm are the
// request's own.
export function toRequest(model, options) {
  const request = { model, messages: options.prompt.flatMap(messagesOf) };
  const warnings = [];
  for (const [name, field] of Object.entries(SETTINGS)) {
    const value = options[name];
    if (value !== undefined && value !== null) request[field] = value;
  }
  const tools = [];
  for (const tool of options.tools ?? []) {
    if (tool.type === "function") tools.push(toolOf(tool));
    else warnings.push({ type: "unsupported", feature: `tool ${tool.id}` });
  }
  if (tools.length > 0) {
    request.tools = tools;
    const choice = choiceOf(options.toolChoice);
    if (choice !== undefined) request.tool_choice = choice;
  }
  if (options.responseFormat?.type === "json") {
    request.response_format = formatOf(options.responseFormat);
  }
  Object.assign(request, options.providerOptions?.literLlm);
  return { request, warnings };
}

function toolOf({ name, description, inputSchema, strict }) {
  const tool = { name, parameters: inputSchema };
  if (description !== undefined) tool.description = description;
  if (strict !== undefined) tool.strict = strict;
  return { type: "function", function: tool };
}

function choiceOf(choice) {
  if (choice === undefined || choice.type === "auto") return undefined;
  if (choice.type !== "tool") return choice.type;
  return { type: "function", function: { name: choice.toolName } };
}

function formatOf({ schema, name = "response", description }) {
  if (schema === undefined) return { type: "json_object" };
  const shape = { name, schema };
  if (description !== undefined) shape.description = description;
  if (isStrict(schema)) shape.strict = true;
  return { type: "json_schema", json_schema: shape };
}

// Whether OpenAI's strict mode takes a schema: every object closed, with all its properties
// required (OpenAI's guide "Structured model outputs").
function isStrict(schema) {
  if (typeof schema !== "object" || schema === null) return true;
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (schema.type === "object" || schema.properties !== undefined) {
    const names = Object.keys(schema.properties ?? {});
    const required = new Set(schema.required ?? []);
    if (schema.additionalProperties !== false) return false;
    if (!names.every((name) => required.has(name))) return false;
  }
  return Object.entries(schema).every(
    ([name, value]) => name === "enum" || name === "const" || isStrict(value),
  );
}

// The messages of one of the SDK's: each result of a tool is one.
function messagesOf({ role, content }) {
  if (role === "system") return [{ role, content }];
  if (role === "user") return [{ role, content: content.map(partOf) }];
  if (role === "tool") return content.filter(isResult).map(resultOf);
  return [assistantOf(content), ...content.filter(isResult).map(resultOf)];
}

const isResult = (part) => part.type === "tool-result";

function assistantOf(content) {
  for (const { providerOptions } of content) {
    // As the provider sent it.
    const kept = providerOptions?.literLlm?.message;
    if (kept !== undefined) return kept;
  }
  const ofType = (type) => content.filter((part) => part.type === type);
  const text = ofType("text")
    .map((part) => part.text)
    .join("");
  const message = { role: "assistant", content: text };
  const calls = ofType("tool-call");
  if (calls.length > 0) {
    message.content = text || null;
    message.tool_calls = calls.map((call) => ({
      id: call.toolCallId,
      type: "function",
      function: { name: call.toolName, arguments: textOf(call.input) },
    }));
  }
  return message;
}

const textOf = (value) =>
  typeof value === "string" ? value : JSON.stringify(value ?? {});

function partOf(part) {
  if (part.type === "text") return { type: "text", text: part.text };
  return fileOf(part.data, part.mediaType, part.filename);
}

function fileOf(data, mediaType, filename) {
  const url = urlOf(data, mediaType);
  if (mediaType.startsWith("image/"))
    return { type: "image_url", image_url: { url } };
  if (mediaType.startsWith("audio/")) {
    const format = /wav/.test(mediaType) ? "wav" : "mp3";
    const base64 = url.slice(url.indexOf(",") + 1);
    return { type: "input_audio", input_audio: { data: base64, format } };
  }
  if (data instanceof URL) return { type: "file", file: { file_url: url } };
  const name = filename ?? `file.${mediaType.split("/")[1]}`;
  return { type: "file", file: { filename: name, file_data: url } };
}

function urlOf(data, mediaType) {
  if (data instanceof URL) return data.href;
  const type = mediaType === "image/*" ? "image/png" : mediaType;
  const base64 =
    typeof data === "string" ? data : Buffer.from(data).toString("base64");
  return `data:${type};base64,${base64}`;
}

// The kinds of an output that say that there is none.
const FAILURES = ["error-text", "error-json", "execution-denied"];

function resultOf({ toolCallId, output }) {
  const result = { role: "tool", tool_call_id: toolCallId };
  const content = contentOf(output);
  return FAILURES.includes(output.type)
    ? { ...result, content, is_error: true }
    : { ...result, content };
}

function contentOf(output) {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "The call was denied.";
    default:
      return output.value.map(resultPartOf);
  }
}

function resultPartOf(part) {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "file-data":
    case "image-data":
      return fileOf(part.data, part.mediaType, part.filename);
    case "file-url":
    case "image-url":
      return fileOf(new URL(part.url), part.mediaType ?? "image/*");
    default:
      throw new TypeError(`a tool's result cannot have a ${part.type}`);
  }
}
