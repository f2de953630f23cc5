//! JSON with holes. A string that is nothing but `{{hole}}` becomes the JSON value of the hole, a
//! hole inside a longer string becomes text. A document that is itself a string is taken literally.

use serde::Deserialize;
use serde_json::Value;

const SAID_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct Template {
    pieces: Vec<Piece>,
    literal: bool,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Value(Hole),
    Inside(Hole),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Hole {
    Number,
    Model,
    Text,
    Finish,
    InputTokens,
    OutputTokens,
    TotalTokens,
    Message,
    Type,
    Code,
    Status,
    Said,
}

#[derive(Clone, Debug, Default)]
pub struct Holes {
    /// The request's number under its key, from 1.
    pub number: usize,
    pub model: String,
    pub text: String,
    pub finish: String,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub message: String,
    pub kind: Option<String>,
    pub code: Option<String>,
    /// The status of an error.
    pub status: u16,
    /// The text of the stream so far, up to a limit: some providers repeat it at the end.
    pub said: String,
}

impl Template {
    pub fn render(&self, holes: &Holes) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(hole) => text.push_str(&holes.value(*hole).to_string()),
                Piece::Inside(hole) => text.push_str(&self.inside(holes.value(*hole))),
            }
        }
        text
    }

    fn inside(&self, value: Value) -> String {
        match value {
            Value::String(text) if self.literal => text,
            value => {
                let text = value.to_string();
                unquoted(&text).unwrap_or(&text).to_owned()
            }
        }
    }
}

fn unquoted(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

impl TryFrom<Value> for Template {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::String(text) => Self::parse(&text, true),
            value => Self::parse(&value.to_string(), false),
        }
    }
}

impl Template {
    fn parse(source: &str, literal: bool) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("a hole is not closed in {source}"))?;
            let hole = Hole::named(name)?;
            match (before.strip_suffix('"'), after.strip_prefix('"')) {
                (Some(before), Some(after)) if !literal => {
                    pieces.extend([Piece::Text(before.into()), Piece::Value(hole)]);
                    rest = after;
                }
                _ => {
                    pieces.extend([Piece::Text(before.into()), Piece::Inside(hole)]);
                    rest = after;
                }
            }
        }
        pieces.push(Piece::Text(rest.into()));
        Ok(Self { pieces, literal })
    }
}

impl Hole {
    fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "number" => Self::Number,
            "model" => Self::Model,
            "text" => Self::Text,
            "finish" => Self::Finish,
            "input_tokens" => Self::InputTokens,
            "output_tokens" => Self::OutputTokens,
            "total_tokens" => Self::TotalTokens,
            "message" => Self::Message,
            "type" => Self::Type,
            "code" => Self::Code,
            "status" => Self::Status,
            "said" => Self::Said,
            _ => return Err(format!("no hole is called {name}")),
        })
    }
}

impl Holes {
    fn value(&self, hole: Hole) -> Value {
        match hole {
            Hole::Number => self.number.into(),
            Hole::Model => self.model.as_str().into(),
            Hole::Text => self.text.as_str().into(),
            Hole::Finish => self.finish.as_str().into(),
            Hole::InputTokens => self.input_tokens.into(),
            Hole::OutputTokens => self.output_tokens.into(),
            Hole::TotalTokens => (self.input_tokens + self.output_tokens).into(),
            Hole::Message => self.message.as_str().into(),
            Hole::Type => self.kind.clone().into(),
            Hole::Code => self.code.clone().into(),
            Hole::Status => self.status.into(),
            Hole::Said => self.said.as_str().into(),
        }
    }

    /// Adds a token of the stream; what passes the limit is left out.
    pub fn say(&mut self, token: &str) {
        if self.said.len() + token.len() <= SAID_BYTES_MAX {
            self.said.push_str(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(value: Value) -> Result<Template, String> {
        Template::try_from(value)
    }

    #[test]
    fn holes_become_values_or_text() {
        let holes = Holes {
            number: 3,
            text: "\"".into(),
            ..Holes::default()
        };
        let source =
            json!({"id": "chat-{{number}}", "n": "{{number}}", "t": "{{text}}", "c": "{{code}}"});

        let text = template(source).expect("template").render(&holes);

        assert_eq!(text, r#"{"id":"chat-3","n":3,"t":"\"","c":null}"#);
        assert_eq!(
            template(json!("[{{text}}]"))
                .expect("literal")
                .render(&holes),
            "[\"]"
        );
    }

    #[test]
    fn unknown_and_open_holes_are_refused() {
        assert!(template(json!({"a": "{{nothing}}"})).is_err());
        assert!(template(json!({"a": "{{text"})).is_err());
    }
}
