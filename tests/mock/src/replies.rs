//! Replies kept in files: vectors (`DIR/NAME.json`) and recordings (`DIR/API/ID/`). Read anew for
//! every request, so that a test may write its vector while the mock runs. Owns nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::Deserialize;

use crate::action::Base64;

pub struct ReplyFiles {
    vectors: Option<PathBuf>,
    recordings: Option<PathBuf>,
}

/// One response as the file has it.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Offsets in the body at which one write ends and the next begins.
    pub cuts: Vec<usize>,
}

#[derive(Deserialize)]
struct VectorFile {
    responses: Vec<VectorReply>,
}

#[derive(Deserialize)]
struct VectorReply {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<Base64>,
    #[serde(default)]
    cuts: Vec<usize>,
}

#[derive(Deserialize)]
struct RecordingFile {
    status: u16,
    headers: Vec<(String, String)>,
}

impl ReplyFiles {
    pub fn new(vectors: Option<PathBuf>, recordings: Option<PathBuf>) -> Self {
        Self {
            vectors,
            recordings,
        }
    }

    /// Response `turn` of a vector; the last one repeats.
    pub fn vector(&self, name: &str, turn: usize) -> Result<Reply, String> {
        let path = place(&self.vectors, "--vectors", &format!("{name}.json"))?;
        let file: VectorFile = read_json(&path)?;
        let last = file.responses.len().saturating_sub(1);
        let Some(reply) = file.responses.into_iter().nth(turn.min(last)) else {
            return Err(format!("{}: \"responses\" is empty", path.display()));
        };
        Ok(Reply {
            status: reply.status,
            headers: reply.headers,
            body: body(reply.body, reply.body_base64),
            cuts: reply.cuts,
        })
    }

    pub fn recording(&self, name: &str) -> Result<Reply, String> {
        let folder = place(&self.recordings, "--recordings", name)?;
        let file: RecordingFile = read_json(&folder.join("response.json"))?;
        let body_path = folder.join("response.body");
        let body = fs::read(&body_path).map_err(|error| shown(&body_path, &error))?;
        Ok(Reply {
            status: file.status,
            headers: file.headers,
            body: body.into(),
            cuts: Vec::new(),
        })
    }
}

/// The bytes of a body given as text or as base64.
pub fn body(text: Option<String>, base64: Option<Base64>) -> Bytes {
    match (text, base64) {
        (Some(text), _) => text.into(),
        (None, Some(Base64(bytes))) => bytes,
        (None, None) => Bytes::new(),
    }
}

/// Names come from requests, so none may climb out of the folder.
fn place(folder: &Option<PathBuf>, option: &str, name: &str) -> Result<PathBuf, String> {
    let Some(folder) = folder else {
        return Err(format!("{name}: the mock was started without {option}"));
    };
    if name
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'))
    {
        return Err(format!("{name}: not a name under {}", folder.display()));
    }
    Ok(folder.join(name))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read(path).map_err(|error| shown(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| shown(path, &error))
}

fn shown(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        let folder = Some(PathBuf::from("/nowhere"));

        for name in ["../x", "a/../../x", ".hidden", "/etc/x", ""] {
            assert!(place(&folder, "--vectors", name).is_err(), "{name}");
        }
        assert_eq!(
            place(&folder, "--vectors", "a/b-1.x"),
            Ok("/nowhere/a/b-1.x".into())
        );
        assert!(place(&None, "--vectors", "a").is_err_and(|text| text.contains("--vectors")));
    }
}
