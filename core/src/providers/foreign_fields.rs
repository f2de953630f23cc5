//! What messages of other providers' models have, for wires that take a conversation over: it stays
//! behind with a warning, where what the caller wrote would be refused. Owns the lists of names.

/// Fields of an assistant's message.
pub(crate) const FIELDS: &[&str] = &[
    "annotations",
    "audio",
    "executed_tools",
    "function_call",
    "images",
    "parsed",
    "partial",
    "prefix",
    "provider_specific_fields",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "reasoning_items",
    "refusal",
    "thinking_blocks",
];

/// Kinds of parts that hold the reasoning of a model, or its sources, in other wires.
pub(crate) const PARTS: &[&str] = &[
    "gemini_parts",
    "citationsContent",
    "reasoning",
    "reasoningContent",
    "reasoning_content",
    "reasoning_details",
    "reference",
    "response_items",
    "summary_text",
    "toolResult",
    "toolUse",
    "tool_plan",
];
