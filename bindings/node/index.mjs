import binding from "./index.cjs";

export const { LiterLlm, LlmError, Response, Stream, version } = binding;
