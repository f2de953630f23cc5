//! The tokens of one text, where a provider counts nothing else. Owns what is refused: a chat of
//! more than one text, whose own tokens nobody would count.

use super::shape::Shape;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::operations::body::Body;
use crate::providers::{EncodedRequest, Target};
use crate::request::{Content, LlmRequest, Role};

pub(super) fn encode(
    provider: &'static str,
    shape: Shape,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let refuse = |field: &str, what: &str| {
        let what = format!("{field}: {what}; it counts the tokens of one text only");
        Err(invalid_request(provider, &what))
    };
    if !request.tools.is_empty() {
        return refuse("tools", "cannot be counted");
    }
    let text = match request.messages.as_slice() {
        [message] if message.role == Role::User => match &message.content {
            Some(Content::Text(text)) => text,
            _ => return refuse("messages[0].content", "is no text"),
        },
        [_] => return refuse("messages[0].role", "is not \"user\""),
        messages => {
            let what = format!("has {} entries", messages.len());
            return refuse("messages", &what);
        }
    };
    let mut body = Body::new(&request.extra, &request.extra_body);
    match shape {
        Shape::CohereText => {
            body.put("model", &request.model);
            body.put("text", text);
        }
        _ => body.put("inputs", text),
    }
    let warning = "the count is that of the text, without the tokens that a chat adds to it";
    body.post(provider, shape.path("", target), vec![warning.to_owned()])
}
