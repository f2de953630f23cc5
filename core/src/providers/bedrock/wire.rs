//! The shape of an event and of a whole response: the fields that are used, borrowed from the text.
//! What is rarely there stays raw until it is needed. Every field may be absent or unusable.

use serde_json::value::RawValue;

use crate::providers::lenient_json::Text;
use crate::providers::lenient_json::{object, Index, Maybe, Written};

object! {
    /// An event of a stream; which one it is stands in the framing.
    pub(super) struct Event<'t> {
        index: Index = "contentBlockIndex",
        delta: Maybe<Delta<'t>>,
        start: Option<&'t RawValue>,
        stop_reason: Text<'t> = "stopReason",
        additional: Option<&'t RawValue> = "additionalModelResponseFields",
        usage: Option<&'t RawValue>,
        trace: Option<&'t RawValue>,
    }

    /// What is new in a block.
    pub(super) struct Delta<'t> {
        text: Written<'t>,
        tool_use: Maybe<ToolUse<'t>> = "toolUse",
        reasoning: Maybe<Reasoning<'t>> = "reasoningContent",
        citation: Option<&'t RawValue>,
        tool_result: Option<&'t RawValue> = "toolResult",
        image: Option<&'t RawValue>,
    }

    /// A piece of a call's input.
    pub(super) struct ToolUse<'t> {
        input: Written<'t>,
    }

    /// One of the three; in a whole response the first two stand in an object.
    pub(super) struct Reasoning<'t> {
        text: Written<'t>,
        signature: Written<'t>,
        redacted: Written<'t> = "redactedContent",
        whole: Maybe<ReasoningText<'t>> = "reasoningText",
    }

    /// Reasoning as a whole response has it.
    pub(super) struct ReasoningText<'t> {
        text: Written<'t>,
        signature: Written<'t>,
    }

    /// A whole response.
    pub(super) struct Response<'t> {
        output: Maybe<Output<'t>>,
        stop_reason: Text<'t> = "stopReason",
        additional: Option<&'t RawValue> = "additionalModelResponseFields",
        usage: Option<&'t RawValue>,
        trace: Option<&'t RawValue>,
    }

    /// What holds the message.
    pub(super) struct Output<'t> {
        message: Maybe<Message<'t>>,
    }

    /// The message.
    pub(super) struct Message<'t> {
        content: Option<&'t RawValue>,
    }

    /// A block of a whole response, as far as its text is used as it is written.
    pub(super) struct WholeBlock<'t> {
        text: Written<'t>,
        reasoning: Maybe<Reasoning<'t>> = "reasoningContent",
        tool_use: Maybe<Input<'t>> = "toolUse",
    }

    /// The input of a call, as the model wrote it.
    pub(super) struct Input<'t> {
        input: Option<&'t RawValue>,
    }
}
