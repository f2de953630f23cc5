//! The wires: the JSON and the events of each provider's responses. Owns `wires/*.json` (data) and
//! fills their holes; knows no socket and no framing of HTTP.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use crate::template::{Holes, Template};

/// A new provider is added here with its file.
const FILES: &[(&str, &str)] = &[
    ("openai.json", include_str!("../wires/openai.json")),
    ("anthropic.json", include_str!("../wires/anthropic.json")),
    ("cohere_v2.json", include_str!("../wires/cohere_v2.json")),
    ("cohere_v1.json", include_str!("../wires/cohere_v1.json")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// Ends of the request paths that speak this wire.
    paths: Vec<String>,
    framing: Framing,
    /// JSON pointers into the request.
    stream_when: String,
    stream_default: bool,
    usage_when: Option<String>,
    pub stream_content_type: String,
    pub whole_content_type: String,
    headers: Vec<(String, Template)>,
    input_tokens: u64,
    /// The provider's words for the finish reasons of plans, where they differ.
    #[serde(default)]
    finishes: HashMap<String, String>,
    start: Vec<Frame>,
    token: Vec<Frame>,
    finish: Vec<Frame>,
    usage: Vec<Frame>,
    done: Vec<Frame>,
    whole: Template,
    error: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    Sse,
    Ndjson,
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
        let path = path.split('?').next().unwrap_or(path);
        self.paths.iter().any(|end| path.ends_with(end.as_str()))
    }

    pub fn wants_stream(&self, request: &Value) -> bool {
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
        let fill = |(name, value): &(String, Template)| (name.clone(), value.render(holes));
        self.headers.iter().map(fill).collect()
    }

    pub fn part(&self, part: Part, holes: &Holes) -> String {
        let frames = match part {
            Part::Start => &self.start,
            Part::Token => &self.token,
            Part::Finish => &self.finish,
            Part::Usage => &self.usage,
            Part::Done => &self.done,
        };
        let holes = self.worded(holes);
        let mut text = String::new();
        for frame in frames {
            let data = frame.data.render(&holes);
            match (self.framing, &frame.event) {
                (Framing::Ndjson, _) => text.push_str(&format!("{data}\n")),
                (Framing::Sse, None) => text.push_str(&format!("data: {data}\n\n")),
                (Framing::Sse, Some(event)) => {
                    text.push_str(&format!("event: {event}\ndata: {data}\n\n"));
                }
            }
        }
        text
    }

    pub fn whole(&self, holes: &Holes) -> String {
        self.whole.render(&self.worded(holes))
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

        let event = wire.part(Part::Token, &holes);

        let data = event
            .strip_prefix("data: ")
            .and_then(|rest| rest.strip_suffix("\n\n"));
        let data: Value = serde_json::from_str(data.expect("framing")).expect("JSON");
        assert_eq!(data["id"], "chatcmpl-7");
        assert_eq!(data["choices"][0]["delta"], json!({"content": "a\"b\n"}));
        assert_eq!(wire.part(Part::Done, &holes), "data: [DONE]\n\n");
    }

    #[test]
    fn the_request_chooses_stream_and_usage() {
        let wire = openai();
        let request = json!({"stream": true, "stream_options": {"include_usage": true}});

        assert!(wire.wants_stream(&request) && wire.wants_usage(&request));
        assert!(!wire.wants_stream(&json!({})) && !wire.wants_usage(&json!({})));
    }

    #[test]
    fn a_wire_is_known_by_the_end_of_the_path() {
        let wire = openai();

        assert!(wire.speaks("/key/v1/chat/completions?x=1"));
        assert!(!wire.speaks("/key/v1/messages"));
    }
}
