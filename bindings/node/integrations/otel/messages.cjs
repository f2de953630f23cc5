// Messages as the GenAI conventions record them: roles and parts, as JSON text.
//
// JSON schemas: gen-ai-input-messages, gen-ai-output-messages and gen-ai-tool-definitions of
// open-telemetry/semantic-conventions-genai. Images and files are named, never copied.
"use strict";

// The conversation of a request.
function inputMessages({ messages }) {
  return JSON.stringify(listOf(messages).map(toMessage));
}

// What the model said.
function outputMessages({ reasoning, text, toolCalls }) {
  const parts = [];
  if (reasoning) parts.push({ type: "reasoning", content: reasoning });
  if (text) parts.push({ type: "text", content: text });
  parts.push(...toolCalls.map(toCall));
  return JSON.stringify([{ role: "assistant", parts }]);
}

// The tools of a request, or undefined: their names, as descriptions and schemas may be large.
function toolDefinitions({ tools }) {
  const named = listOf(tools).map((tool) => {
    const type = tool?.type ?? "function";
    return { type, name: (tool?.function ?? tool)?.name ?? type };
  });
  return named.length > 0 ? JSON.stringify(named) : undefined;
}

function toMessage(message) {
  const { role = "", content, tool_call_id: id } = message ?? {};
  if (role === "tool") {
    const response = Array.isArray(content) ? content.map(toPart) : content;
    return { role, parts: [{ type: "tool_call_response", id, response }] };
  }
  const parts =
    typeof content === "string"
      ? [{ type: "text", content }]
      : listOf(content).map(toPart);
  for (const call of listOf(message?.tool_calls))
    parts.push(toCall({ ...call?.function, id: call?.id }));
  return { role, parts };
}

function toPart(part) {
  const { type = "unknown", text = "", thinking = "" } = part ?? {};
  if (type === "text") return { type, content: text };
  if (type === "thinking") return { type: "reasoning", content: thinking };
  return { type: String(type) };
}

function toCall({ id, name, arguments: text }) {
  return { type: "tool_call", id, name, arguments: parsed(text) };
}

// As the model wrote it, where it is no JSON.
function parsed(text) {
  if (text != null && typeof text !== "string") return text;
  try {
    return JSON.parse(text || "{}");
  } catch {
    return text;
  }
}

const listOf = (value) => (Array.isArray(value) ? value : []);

module.exports = { inputMessages, outputMessages, toolDefinitions };
