//! One action of a raw plan, as its JSON defines it. Owns the names of the actions; the executor
//! implements them. An unknown name or field is refused, so that a misspelt plan fails when it is
//! set.

use std::rc::Rc;

use base64::prelude::{Engine, BASE64_STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{json, Value};

use crate::eventstream;

pub type Actions = Rc<[Action]>;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Head(Head),
    /// Bytes as they are, outside any framing.
    Write(String),
    WriteBase64(Base64),
    /// One HTTP chunk.
    Chunk(String),
    ChunkEnd(Yes),
    /// One server-sent event: JSON, or text taken literally.
    Sse(Value),
    /// One message of an AWS event stream.
    Frame(Frame),
    Start(Yes),
    Token(String),
    Finish(String),
    Usage(Yes),
    Done(Yes),
    PauseMs(u64),
    Hang(Yes),
    Close(Yes),
    Reset(Yes),
    /// The script ends here and the connection stays, whatever the response announced.
    Keep(Yes),
    /// Reads the rest of a request that is played before it is whole. HTTP/1.1 only.
    ReadRequest(Yes),
    Repeat(Repeat),
    Gzip(Yes),
    Signal(String),
    Await(String),
    Bytes(Filler),
    /// Part of a body in whatever framing the head announced. Made by the script, not by JSON.
    #[serde(skip)]
    Body(Bytes),
    /// Tokens on the pacer. Made by the script, not by JSON.
    #[serde(skip)]
    Paced(Paced),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub chunked: bool,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub times: u64,
    #[serde(deserialize_with = "action_list")]
    pub actions: Actions,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filler {
    pub count: u64,
    pub of: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// As they are, all of them text.
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub payload: Value,
    /// The length that it says it has, in place of its own, with the checksum that fits.
    pub length: Option<u32>,
    /// How many of its bytes leave; the rest never does.
    pub cut: Option<usize>,
    /// The offset of a byte that leaves with all its bits turned; from the end if below 0.
    pub flip: Option<isize>,
}

impl Frame {
    /// What leaves. Null is no payload.
    pub fn bytes(&self) -> Vec<u8> {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let payload = match &self.payload {
            Value::Null => String::new(),
            payload => payload.to_string(),
        };
        let mut bytes = eventstream::message(&headers, payload.as_bytes());
        if let Some(length) = self.length {
            eventstream::say_length(&mut bytes, length);
        }
        let length = bytes.len();
        let flipped = self.flip.map(|at| match usize::try_from(at) {
            Ok(at) => at,
            Err(_) => length.saturating_sub(at.unsigned_abs()),
        });
        if let Some(byte) = flipped.and_then(|at| bytes.get_mut(at)) {
            *byte ^= 0xFF;
        }
        bytes.truncate(self.cut.unwrap_or(length));
        bytes
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Paced {
    pub tokens: u64,
    pub interval_ms: u64,
    pub text: String,
    pub timed: bool,
}

/// The `true` of an action that takes no value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        value.then_some(Self).ok_or("takes no value but true")
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Base64(pub Bytes);

impl TryFrom<String> for Base64 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match BASE64_STANDARD.decode(text) {
            Ok(bytes) => Ok(Self(bytes.into())),
            Err(error) => Err(format!("not base64: {error}")),
        }
    }
}

/// Parses the list of a plan. `{"repeat":3,"actions":[..]}` and `{"bytes":9,"of":"x"}` are the two
/// actions with two names each.
pub fn parse_actions(list: Vec<Value>) -> Result<Actions, String> {
    list.into_iter().map(parse_action).collect()
}

pub fn action_list<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Actions, D::Error> {
    parse_actions(Vec::deserialize(source)?).map_err(serde::de::Error::custom)
}

fn parse_action(mut value: Value) -> Result<Action, String> {
    let shown = value.to_string();
    if let Some(fields) = value.as_object_mut() {
        if let Some(times) = fields.remove("repeat") {
            fields.insert("times".into(), times);
            value = json!({ "repeat": value });
        } else if let Some(count) = fields.remove("bytes") {
            fields.insert("count".into(), count);
            value = json!({ "bytes": value });
        }
    }
    serde_json::from_value(value).map_err(|error| format!("action {shown}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Action, String> {
        parse_action(serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn actions_with_two_names_are_parsed() {
        let repeat = parse(r#"{"repeat":2,"actions":[{"bytes":5,"of":"x"}]}"#);

        let filler = Filler {
            count: 5,
            of: "x".into(),
        };
        assert_eq!(
            repeat,
            Ok(Action::Repeat(Repeat {
                times: 2,
                actions: [Action::Bytes(filler)].into(),
            }))
        );
    }

    #[test]
    fn a_frame_can_be_cut_and_broken() {
        let frame = |more: &str| {
            let text = format!(r#"{{"frame":{{"headers":[[":a","b"]],"payload":{{}}{more}}}}}"#);
            let Ok(Action::Frame(frame)) = parse(&text) else {
                return Vec::new();
            };
            frame.bytes()
        };

        let good = frame("");
        let last = good.len() - 1;

        assert_eq!(frame(r#","cut":9"#), good[..9]);
        let broken = frame(r#","flip":-1"#);
        assert_eq!(
            (&broken[..last], broken[last]),
            (&good[..last], !good[last])
        );
        assert_eq!(frame(r#","flip":8"#)[8], !good[8]);
        let long = frame(r#","length":258"#);
        assert_eq!((&long[..4], &long[12..]), (&[0, 0, 1, 2][..], &good[12..]));
        assert_ne!(long[8..12], good[8..12]);
    }

    #[test]
    fn misspelt_actions_are_refused_by_name() {
        for text in [
            r#"{"wrote":"x"}"#,
            r#"{"hang":false}"#,
            r#"{"head":{"status":200,"chunks":true}}"#,
            r#"{"repeat":2,"actions":[{"nap":1}]}"#,
            r#"{"write_base64":"%"}"#,
            r#"{"close":true,"reset":true}"#,
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains("action {"), "{refused}");
        }
    }
}
