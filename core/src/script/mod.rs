//! Scripts: answers that a test writes down, for provider `script`. Owns what a script may say,
//! which answer is next and what was asked; the codec is a provider's like any other, and what is
//! played runs through the streams of every provider. Sends nothing.

mod answer;
mod failure;
mod playlist;
mod render;
mod rendered;
mod seen;
#[cfg(all(test, feature = "script"))]
mod tests;
mod unscripted;

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use crate::declare::entry::Kind;
use crate::mutex::lock;
use crate::parse::{FromJson, Mismatch};
pub use answer::{ScriptAnswer, ScriptCondition};
#[cfg(feature = "script")]
pub(crate) use failure::kind_of;
pub use failure::ScriptError;
pub(crate) use playlist::{Asked, Playlist};
pub(crate) use rendered::Rendered;
use seen::Seen;

/// The name of the provider.
pub(crate) const PROVIDER: &str = "script";

/// What provider `script` answers: a list of answers, each for one request, or one answer for
/// every request.
#[derive(Clone, Default)]
pub struct Script {
    answers: Arc<[Arc<ScriptAnswer>]>,
}

impl Script {
    /// Its answers, in order.
    #[must_use]
    pub fn answers(&self) -> &[Arc<ScriptAnswer>] {
        &self.answers
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Script")
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

impl FromJson for Script {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let answers = match value {
            Value::Array(list) => {
                let list = list.into_iter().enumerate();
                let answers = list.map(|(index, value)| {
                    let answer = ScriptAnswer::from_json(value, kind);
                    answer.map_err(|mismatch| mismatch.below_index(index))
                });
                answers.collect::<Result<Vec<_>, _>>()?
            }
            Value::String(_) | Value::Object(_) => vec![ScriptAnswer {
                repeat: true,
                ..ScriptAnswer::from_json(value, kind)?
            }],
            other => {
                let expected = "a list of answers, or one of them: text or an object";
                return Err(Mismatch::expected(expected, &other));
            }
        };
        Ok(Self {
            answers: answers.into_iter().map(Arc::new).collect(),
        })
    }
}

/// What a client's provider `script` plays, and what it was asked.
pub(crate) struct ScriptState {
    playlist: Mutex<Playlist>,
    seen: Mutex<Seen>,
}

impl ScriptState {
    pub(crate) fn new(script: Option<&Script>) -> Self {
        Self {
            playlist: Mutex::new(Playlist::new(script)),
            seen: Mutex::default(),
        }
    }

    /// The playlist of the calls that bring none of their own.
    pub(crate) fn playlist(&self) -> &Mutex<Playlist> {
        &self.playlist
    }

    /// Takes down what was asked.
    pub(crate) fn see(&self, asked: &Asked<'_>) {
        lock(&self.seen).push(asked);
    }

    /// What the operation `script` returns. A reset forgets what was asked, which is told once
    /// more, and what was to be answered.
    pub(crate) fn report(&self, is_reset: bool) -> Map<String, Value> {
        let (left, seen) = {
            let mut playlist = lock(&self.playlist);
            let mut seen = lock(&self.seen);
            let left = playlist.left();
            match is_reset {
                true => {
                    *playlist = Playlist::new(None);
                    (left, std::mem::take(&mut *seen))
                }
                false => (left, seen.clone()),
            }
        };
        // Without a lock, as calls go on meanwhile.
        let mut report = seen.report();
        report.insert("answers_left".to_owned(), left.into());
        report
    }
}
