//! The wires: the JSON and the events of each provider's responses. Owns `wires/*.json` (data) and
//! fills their holes; knows no socket and no framing of HTTP.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use crate::eventstream;
use crate::template::{Holes, Template};

/// A new provider is added here with its file.
const FILES: &[(&str, &str)] = &[
    ("openai.json", include_str!("../wires/openai.json")),
    ("anthropic.json", include_str!("../wires/anthropic.json")),
    ("cohere_v2.json", include_str!("../wires/cohere_v2.json")),
    ("cohere_v1.json", include_str!("../wires/cohere_v1.json")),
    (
        "openai_responses.json",
        include_str!("../wires/openai_responses.json"),
    ),
    ("gemini.json", include_str!("../wires/gemini.json")),
    ("bedrock.json", include_str!("../wires/bedrock.json")),
    ("ollama.json", include_str!("../wires/ollama.json")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// Ends of the request paths that speak this wire.
    paths: Vec<String>,
    /// Of these paths the ends of those that stream, where the path says so and not the body.
    #[serde(default)]
    stream_paths: Vec<String>,
    /// The model stands behind this in the path, where it is not in the body.
    model_behind: Option<String>,
    framing: Framing,
    /// JSON pointers into the request.
    stream_when: String,
    stream_default: bool,
    usage_when: Option<String>,
    pub stream_content_type: String,
    pub whole_content_type: String,
    headers: Vec<(String, Template)>,
    /// Headers of an error that has a type.
    #[serde(default)]
    error_headers: Vec<(String, Template)>,
    input_tokens: u64,
    /// The provider's words for the finish reasons of plans, where they differ.
    #[serde(default)]
    finishes: HashMap<String, String>,
    start: Vec<Frame>,
    token: Vec<Frame>,
    finish: Vec<Frame>,
    usage: Vec<Frame>,
    done: Vec<Frame>,
    /// Instead of `done` and `whole` where the provider's word for the finish reason is this.
    #[serde(default)]
    done_when: HashMap<String, Vec<Frame>>,
    #[serde(default)]
    whole_when: HashMap<String, Template>,
    whole: Template,
    error: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    Sse,
    /// Server-sent events whose lines end with CR LF.
    SseCrlf,
    Ndjson,
    AwsEventstream,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    event: Option<String>,
    data: Template,
}

/// The frames of a stream that a plan may send.
#[derive(Clone, Copy)]
pub enum Part {
    Start,
    Token,
    Finish,
    Usage,
    Done,
}

impl Wire {
    pub fn load_all() -> Result<Vec<Rc<Self>>, String> {
        FILES
            .iter()
            .map(|(name, text)| match serde_json::from_str(text) {
                Ok(wire) => Ok(Rc::new(wire)),
                Err(error) => Err(format!("wires/{name}: {error}")),
            })
            .collect()
    }

    pub fn speaks(&self, path: &str) -> bool {
        ends_with_one_of(path, &self.paths)
    }

    /// The model that a request names, in its body or in its path.
    pub fn model<'r>(&self, path: &'r str, request: &'r Value) -> &'r str {
        let in_path = self.model_behind.as_ref().and_then(|before| {
            let (_, rest) = path.split_once(before.as_str())?;
            rest.split([':', '/', '?']).next()
        });
        let in_body = || request.get("model").and_then(Value::as_str);
        in_path.or_else(in_body).unwrap_or("mock")
    }

    pub fn wants_stream(&self, path: &str, request: &Value) -> bool {
        if !self.stream_paths.is_empty() {
            return ends_with_one_of(path, &self.stream_paths);
        }
        request
            .pointer(&self.stream_when)
            .and_then(Value::as_bool)
            .unwrap_or(self.stream_default)
    }

    /// A provider without such a switch always sends its usage.
    pub fn wants_usage(&self, request: &Value) -> bool {
        self.usage_when
            .as_ref()
            .is_none_or(|pointer| request.pointer(pointer).and_then(Value::as_bool) == Some(true))
    }

    pub fn holes(&self, number: usize, model: String) -> Holes {
        Holes {
            number,
            model,
            input_tokens: self.input_tokens,
            ..Holes::default()
        }
    }

    pub fn headers(&self, holes: &Holes) -> Vec<(String, String)> {
        filled(&self.headers, holes)
    }

    pub fn error_headers(&self, holes: &Holes) -> Vec<(String, String)> {
        match holes.kind {
            Some(_) => filled(&self.error_headers, holes),
            None => Vec::new(),
        }
    }

    pub fn part(&self, part: Part, holes: &Holes) -> Vec<u8> {
        let holes = self.worded(holes);
        let frames = match part {
            Part::Start => &self.start,
            Part::Token => &self.token,
            Part::Finish => &self.finish,
            Part::Usage => &self.usage,
            Part::Done => self.done_when.get(&holes.finish).unwrap_or(&self.done),
        };
        let mut bytes = Vec::new();
        for frame in frames {
            let event = frame.event.as_deref();
            bytes.extend(self.framing.frame(event, &frame.data.render(&holes)));
        }
        bytes
    }

    pub fn whole(&self, holes: &Holes) -> String {
        let holes = self.worded(holes);
        let whole = self.whole_when.get(&holes.finish).unwrap_or(&self.whole);
        whole.render(&holes)
    }

    fn worded<'h>(&self, holes: &'h Holes) -> Cow<'h, Holes> {
        match self.finishes.get(&holes.finish) {
            None => Cow::Borrowed(holes),
            Some(finish) => Cow::Owned(Holes {
                finish: finish.clone(),
                ..holes.clone()
            }),
        }
    }

    pub fn error(&self, holes: &Holes) -> String {
        self.error.render(holes)
    }
}

impl Framing {
    /// One event of a stream.
    fn frame(self, event: Option<&str>, data: &str) -> Vec<u8> {
        match (self, event) {
            (Self::Ndjson, _) => format!("{data}\n").into_bytes(),
            (Self::Sse, None) => format!("data: {data}\n\n").into_bytes(),
            (Self::Sse, Some(event)) => format!("event: {event}\ndata: {data}\n\n").into_bytes(),
            (Self::SseCrlf, _) => format!("data: {data}\r\n\r\n").into_bytes(),
            (Self::AwsEventstream, event) => {
                eventstream::event(event.unwrap_or_default(), data.as_bytes())
            }
        }
    }
}

fn ends_with_one_of(path: &str, ends: &[String]) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    ends.iter().any(|end| path.ends_with(end.as_str()))
}

fn filled(headers: &[(String, Template)], holes: &Holes) -> Vec<(String, String)> {
    let fill = |(name, value): &(String, Template)| (name.clone(), value.render(holes));
    headers.iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn openai() -> Rc<Wire> {
        Wire::load_all().expect("wires").remove(0)
    }

    #[test]
    fn a_token_is_one_event_with_its_text_escaped() {
        let wire = openai();
        let mut holes = wire.holes(7, "tiny".into());
        holes.text = "a\"b\n".into();

        let event = String::from_utf8(wire.part(Part::Token, &holes)).expect("text");

        let data = event
            .strip_prefix("data: ")
            .and_then(|rest| rest.strip_suffix("\n\n"));
        let data: Value = serde_json::from_str(data.expect("framing")).expect("JSON");
        assert_eq!(data["id"], "chatcmpl-7");
        assert_eq!(data["choices"][0]["delta"], json!({"content": "a\"b\n"}));
        assert_eq!(wire.part(Part::Done, &holes), b"data: [DONE]\n\n");
    }

    #[test]
    fn the_request_chooses_stream_and_usage() {
        let wire = openai();
        let request = json!({"stream": true, "stream_options": {"include_usage": true}});

        assert!(wire.wants_stream("", &request) && wire.wants_usage(&request));
        assert!(!wire.wants_stream("", &json!({})) && !wire.wants_usage(&json!({})));
    }

    #[test]
    fn a_wire_is_known_by_the_end_of_the_path() {
        let wire = openai();

        assert!(wire.speaks("/key/v1/chat/completions?x=1"));
        assert!(!wire.speaks("/key/v1/messages"));
    }

    #[test]
    fn a_path_may_say_the_model_and_whether_it_streams() {
        let wires = Wire::load_all().expect("wires");
        let whole = "/k/v1beta/models/gemini-x:generateContent";
        let stream = "/k/v1beta/models/gemini-x:streamGenerateContent?alt=sse";

        let known = wires.iter().find(|wire| wire.speaks(stream));
        let gemini = known.expect("a wire");

        assert!(gemini.speaks(whole) && !gemini.wants_stream(whole, &json!({"stream": true})));
        assert!(gemini.wants_stream(stream, &json!({})));
        assert_eq!(gemini.model(stream, &json!({})), "gemini-x");
        assert_eq!(openai().model(stream, &json!({"model": "m"})), "m");
    }
}
