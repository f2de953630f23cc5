// Types of messages and their parts.

/** A message of a request. */
export type Message =
  | SystemMessage
  | UserMessage
  | AssistantMessage
  | ToolMessage
  | FunctionMessage;

/** Instructions. */
export interface SystemMessage {
  role: "system" | "developer";
  content: string | readonly ContentPart[];
  name?: string;
  cache_control?: CacheControl;
}

/** What the person says. */
export interface UserMessage {
  role: "user";
  content: string | readonly ContentPart[];
  name?: string;
  cache_control?: CacheControl;
}

/** What the model said: `response.message` makes one. */
export interface AssistantMessage {
  role: "assistant";
  content?: string | readonly Part[] | null;
  name?: string;
  /** The tool calls that the model made. */
  tool_calls?: readonly MessageToolCall[];
  /** The model's refusal. */
  refusal?: string | null;
  /** The model's reasoning, where the provider wants it back. */
  reasoning_content?: string | null;
  cache_control?: CacheControl;
}

/** The result of a tool call. */
export interface ToolMessage {
  role: "tool";
  /** The id of the tool call. */
  tool_call_id: string;
  content: string | readonly ContentPart[];
  /** Whether the tool failed. Providers that have no mark for that get the content alone. */
  is_error?: boolean;
  cache_control?: CacheControl;
}

/** The result of a function call, in the older form. */
export interface FunctionMessage {
  role: "function";
  name: string;
  content: string | null;
}

/** A tool call in an assistant's message. */
export interface MessageToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
  /** The provider's other fields of the call. */
  readonly [field: string]: unknown;
}

/** A piece of a message of a request. */
export type ContentPart =
  TextPart | ImagePart | AudioPart | VideoPart | FilePart | ProviderPart;

export interface TextPart {
  type: "text";
  text: string;
  cache_control?: CacheControl;
}

/** An image. */
export interface ImagePart {
  type: "image_url";
  /** Its https or data URL. */
  image_url: string | { url: string; detail?: "auto" | "low" | "high" };
  cache_control?: CacheControl;
}

/** Sound, in base64. */
export interface AudioPart {
  type: "input_audio";
  input_audio: { data: string; format: "wav" | "mp3" | (string & {}) };
  cache_control?: CacheControl;
}

/** A video, by its URL. */
export interface VideoPart {
  type: "video_url";
  video_url: string | { url: string };
  cache_control?: CacheControl;
}

/** A document, such as a PDF. */
export interface FilePart {
  type: "file";
  file: {
    /** The id of a file that was uploaded before. */
    file_id?: string;
    /** The file as a data URL. */
    file_data?: string;
    filename?: string;
  };
  cache_control?: CacheControl;
}

/** A block that only one provider knows, and that goes to it as it is. */
export interface ProviderPart {
  readonly type:
    | "document"
    | "image"
    | "audio"
    | "video"
    | "media"
    | "search_result"
    | "container_upload"
    | "thinking"
    | "redacted_thinking"
    | "tool_use"
    | "tool_result"
    | "server_tool_use"
    | "cachePoint"
    | "guardContent"
    | "input_text"
    | "input_image"
    | "input_file";
  readonly [field: string]: unknown;
}

/** Marks up to where the provider may cache the prompt. */
export interface CacheControl {
  type: "ephemeral";
  ttl?: "5m" | "1h" | (string & {});
}

/**
 * A part of a response, with the fields that its type has at the provider; the type is "text",
 * "refusal", "citation", ...
 */
export interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}
