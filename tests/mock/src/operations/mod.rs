//! Good answers of the operations beside chat, made from the request alone: the same text has the
//! same vector everywhere, a document that shares words with the query stands first, tokens are
//! words. Pure; knows the providers' shapes by path and body, no plan and no socket.

mod count;
mod embed;
mod models;
mod rerank;
mod vector;

use serde_json::Value;

/// What an operation needs to know of its request.
pub struct Asked<'r> {
    pub method: &'r str,
    /// With its query.
    pub path: &'r str,
    pub headers: &'r [(String, String)],
    pub body: &'r Value,
}

/// A body, and headers that belong to it.
#[derive(Debug, PartialEq)]
pub struct Answered {
    pub body: String,
    pub headers: Vec<(String, String)>,
}

/// The answer; none where the path is that of no operation.
pub fn answer(asked: &Asked<'_>) -> Option<Answered> {
    let found = match asked.method {
        "GET" => models::answer(asked),
        _ => embed::answer(asked)
            .or_else(|| rerank::answer(asked))
            .or_else(|| count::answer(asked)),
    };
    found.map(|(body, tokens)| Answered {
        body,
        headers: match tokens {
            // Bedrock counts the input of embeddings in a header.
            Some(tokens) if asked.ends_with("/invoke") => vec![(
                "x-amzn-bedrock-input-token-count".into(),
                tokens.to_string(),
            )],
            _ => Vec::new(),
        },
    })
}

impl Asked<'_> {
    fn ends_with(&self, end: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or(self.path);
        path.ends_with(end)
    }

    fn has_header(&self, wanted: &str) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        names.any(|name| name.eq_ignore_ascii_case(wanted))
    }

    /// A value of the query, as it stands there.
    fn query(&self, wanted: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(name, value)| (name == wanted).then_some(value))
    }

    fn text(&self, name: &str) -> &str {
        let value = self.body.get(name).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    fn list(&self, name: &str) -> Option<&Vec<Value>> {
        self.body.get(name).and_then(Value::as_array)
    }

    fn model(&self) -> &str {
        match self.text("model") {
            "" => "mock",
            model => model,
        }
    }
}

/// Tokens of the mock are words.
fn tokens_of(text: &str) -> usize {
    text.split_whitespace().count()
}
