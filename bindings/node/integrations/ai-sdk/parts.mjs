// What responses and events are as the AI SDK's content and stream parts. No I/O.

// Of a message that has more than text and calls, all of it: it goes back unchanged.
function keptOf(response) {
  const { message, toolCalls } = response;
  const isMore = Array.isArray(message.content) || toolCalls.some(hasExtra);
  return isMore
    ? { providerMetadata: { literLlm: { message: plain(message) } } }
    : {};
}

const hasExtra = ({ extra }) => extra !== undefined;
const plain = (value) => JSON.parse(JSON.stringify(value));

const callOf = ({ id, name, arguments: input }) => ({
  type: "tool-call",
  toolCallId: id,
  toolName: name,
  input,
});

// The content of a whole response.
export function contentOf(response) {
  const content = [];
  if (response.reasoning)
    content.push({ type: "reasoning", text: response.reasoning });
  if (response.text) content.push({ type: "text", text: response.text });
  content.push(...response.toolCalls.map(callOf));
  Object.assign(content.at(-1) ?? {}, keptOf(response));
  return content;
}

// What a response has that the SDK has no name for.
export function metadataOf(response) {
  const found = {
    provider: response.provider,
    requestId: response.requestId,
    refusal: response.refusal,
    attempts: response.attempts,
    firstTokenMs: response.firstTokenMs,
    parts: response.parts.length > 0 ? plain(response.parts) : null,
  };
  const known = Object.entries(found).filter(([, value]) => value !== null);
  return { literLlm: Object.fromEntries(known) };
}

// Writes the parts of one stream. A part that is open ends when another kind of content comes.
export class PartWriter {
  #open = null;
  #count = 0;
  // By the index of the call: the id that its parts have.
  #calls = new Map();

  // The response is built anew each time that it is read: only the end reads it.
  partsOf(event, stream) {
    switch (event.type) {
      case "start":
        return [
          {
            type: "response-metadata",
            id: event.id ?? undefined,
            modelId: event.model,
          },
        ];
      case "text":
      case "reasoning":
        return this.#delta(event.type, event.text);
      case "tool_delta":
        return this.#callDelta(event);
      case "end":
        return this.#end(stream.response);
      default:
        return [];
    }
  }

  #delta(kind, delta) {
    const parts = [];
    if (this.#open?.kind !== kind) {
      parts.push(...this.#close());
      this.#open = { kind, id: `${kind}-${this.#count++}` };
      parts.push({ type: `${kind}-start`, id: this.#open.id });
    }
    parts.push({ type: `${kind}-delta`, id: this.#open.id, delta });
    return parts;
  }

  // A call that has no id of the provider's is given whole at the end, with the id that it gets.
  #callDelta({ index, id, name, arguments: delta }) {
    const call = this.#calls.get(index) ?? { id: null, name: "", early: "" };
    this.#calls.set(index, call);
    if (call.begun)
      return delta ? [{ type: "tool-input-delta", id: call.id, delta }] : [];
    call.id ??= id;
    call.name += name ?? "";
    call.early += delta;
    if (!call.id || !call.name) return [];
    call.begun = true;
    const parts = this.#close();
    parts.push({ type: "tool-input-start", id: call.id, toolName: call.name });
    if (call.early)
      parts.push({ type: "tool-input-delta", id: call.id, delta: call.early });
    return parts;
  }

  // Calls are only whole when the response is.
  #end(response) {
    const parts = this.#close();
    for (const { begun, id } of this.#calls.values()) {
      if (begun) parts.push({ type: "tool-input-end", id });
    }
    parts.push(...response.toolCalls.map(callOf));
    Object.assign(parts.at(-1) ?? {}, keptOf(response));
    return parts;
  }

  #close() {
    const open = this.#open;
    this.#open = null;
    return open === null ? [] : [{ type: `${open.kind}-end`, id: open.id }];
  }
}
