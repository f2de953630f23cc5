//! The rows of a batch that cannot be sent. Owns how an error names them all, so that nobody has to
//! send a batch again to hear of the next one: its message has the first, its detail the others, as
//! JSON, by message, in ranges of places.

use serde::Serialize;

use super::{EmbedRequest, LlmRequest};
use crate::error::{LlmError, DETAIL_BYTES_MAX};

/// What the JSON around the rows needs.
const FRAME_BYTES: usize = 32;
/// What a message needs beside itself.
const GROUP_BYTES: usize = 32;

/// Refused rows, in the order of their places.
#[derive(Debug, Default)]
pub(crate) struct RefusedRows {
    first: Option<LlmError>,
    groups: Vec<Group>,
    bytes: usize,
}

#[derive(Debug, Serialize)]
struct Group {
    message: String,
    /// The first and the last place.
    rows: Vec<[usize; 2]>,
}

#[derive(Serialize)]
struct Detail<'g> {
    refused_rows: &'g [Group],
}

impl RefusedRows {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// A row whose request is refused; the error knows nothing of the batch.
    pub(crate) fn add(&mut self, index: usize, error: LlmError) {
        self.add_placed(index, in_row(index, error));
    }

    /// A row whose error names its place already. A row that has no room is left to another error.
    pub(crate) fn add_placed(&mut self, index: usize, error: LlmError) {
        let message = without_place(&error.message, index).to_owned();
        if self.first.is_none() {
            self.first = Some(error);
        }
        let range_bytes = range_bytes(index);
        let known = self.groups.iter_mut().find(|it| it.message == message);
        if let Some(group) = known {
            match group.rows.last_mut() {
                Some([_, last]) if *last + 1 == index => *last = index,
                _ if self.bytes + range_bytes > DETAIL_BYTES_MAX - FRAME_BYTES => {}
                _ => {
                    self.bytes += range_bytes;
                    group.rows.push([index, index]);
                }
            }
            return;
        }
        let written = serde_json::to_string(&message).map_or(usize::MAX, |text| text.len());
        let needed = written.saturating_add(GROUP_BYTES + range_bytes);
        if self.bytes.saturating_add(needed) <= DETAIL_BYTES_MAX - FRAME_BYTES {
            self.bytes += needed;
            let rows = vec![[index, index]];
            self.groups.push(Group { message, rows });
        }
    }

    /// The error of all of them, if there are any.
    pub(crate) fn into_result(self) -> Result<(), LlmError> {
        let Some(mut error) = self.first else {
            return Ok(());
        };
        let count = self.groups.iter().flat_map(|group| &group.rows);
        let count: usize = count.map(|[first, last]| last - first + 1).sum();
        if count > 1 {
            let refused_rows = &*self.groups;
            error.detail = serde_json::to_string(&Detail { refused_rows }).ok();
        }
        Err(error)
    }
}

/// What a range needs that begins there; its end may have more digits.
fn range_bytes(index: usize) -> usize {
    2 * index.to_string().len() + "[,],".len() + 2
}

/// An error of a row's request, with its place in the batch.
pub(crate) fn in_row(index: usize, mut error: LlmError) -> LlmError {
    let message = match error.provider {
        Some(provider) => error.message.strip_prefix(&format!("{provider}: ")),
        None => None,
    };
    let message = message.unwrap_or(&error.message);
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let name = message.split(|c| !is_name(c)).next().unwrap_or_default();
    let is_field = LlmRequest::has(name) || EmbedRequest::has(name);
    let joint = if is_field { "." } else { ": " };
    error.message = format!("requests[{index}].request{joint}{message}");
    error
}

/// What is wrong, without the place of the row.
fn without_place(message: &str, index: usize) -> &str {
    let rest = message.strip_prefix(&format!("requests[{index}]"));
    let rest = rest.map(|rest| rest.strip_prefix(".request").unwrap_or(rest));
    rest.map_or(message, |rest| rest.trim_start_matches(['.', ':', ' ']))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::{json, Value};

    use super::*;
    use crate::error::invalid_request;

    fn detail(rows: &RefusedRows) -> Value {
        serde_json::to_value(Detail {
            refused_rows: &rows.groups,
        })
        .unwrap()
    }

    #[test]
    fn rows_are_named_by_what_is_wrong_with_them() {
        let mut rows = RefusedRows::default();
        assert!(rows.is_empty());
        rows.add(2, invalid_request("seed cannot be sent: no"));
        rows.add(3, invalid_request("seed cannot be sent: no"));
        rows.add(5, invalid_request("messages is missing"));
        rows.add(9, invalid_request("seed cannot be sent: no"));
        let expected = json!({"refused_rows": [
            {"message": "seed cannot be sent: no", "rows": [[2, 3], [9, 9]]},
            {"message": "messages is missing", "rows": [[5, 5]]}]});
        assert_eq!(detail(&rows), expected);
        let error = rows.into_result().unwrap_err();
        assert_eq!(error.message, "requests[2].request.seed cannot be sent: no");
        assert_eq!(error.detail.unwrap(), expected.to_string());
        let mut one = RefusedRows::default();
        one.add(0, invalid_request("model is missing"));
        assert_eq!(one.into_result().unwrap_err().detail, None);
        assert!(RefusedRows::default().into_result().is_ok());
    }

    #[test]
    fn what_is_named_is_bounded_and_whole() {
        let mut rows = RefusedRows::default();
        for index in 0..50_000 {
            let message = match index % 3 {
                0 => "messages is missing".to_owned(),
                1 => "seed cannot be sent".to_owned(),
                _ => format!("user: row {index} is \"wrong\""),
            };
            rows.add(index, invalid_request(message));
        }
        let text = rows.into_result().unwrap_err().detail.unwrap();
        assert!(text.len() <= DETAIL_BYTES_MAX, "{}", text.len());
        assert!(text.len() > DETAIL_BYTES_MAX / 3, "{}", text.len());
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed["refused_rows"][0]["rows"][0], json!([0, 0]));
        let mut rows = RefusedRows::default();
        (0..50_000).for_each(|index| rows.add(index, invalid_request("messages is missing")));
        assert_eq!(
            detail(&rows)["refused_rows"][0]["rows"],
            json!([[0, 49_999]])
        );
    }
}
