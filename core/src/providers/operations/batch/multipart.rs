//! A file as `multipart/form-data` (RFC 7578), or as `multipart/related` behind what is said of it
//! (RFC 2387). Owns a boundary that the file cannot contain; HTTP adds the length.

use memchr::memmem;
use serde_json::Value;

use crate::providers::operations::body;
use crate::providers::EncodedRequest;

/// What a file of rows is.
pub(super) const JSONL: &str = "application/jsonl";

/// A POST of fields and one file, which comes last.
pub(super) fn post(
    path: String,
    fields: &[(&str, String)],
    file: &[u8],
    warnings: Vec<String>,
) -> EncodedRequest {
    let boundary = boundary(file);
    let mut form = Vec::with_capacity(file.len() + 1024);
    for (name, value) in fields {
        let part = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        form.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; \
         filename=\"batch.jsonl\"\r\ncontent-type: {JSONL}\r\n\r\n"
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(file);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let mut request = body::post(path, form, warnings);
    let kind = format!("multipart/form-data; boundary={boundary}");
    request.headers.push(("content-type", kind));
    request
}

/// A POST of a JSON document and the file that it describes, as Google's uploads have it.
pub(super) fn post_related(
    path: String,
    about: &Value,
    file: &[u8],
    warnings: Vec<String>,
) -> EncodedRequest {
    let boundary = boundary(file);
    let head = format!(
        "--{boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{about}\r\n\
         --{boundary}\r\ncontent-type: {JSONL}\r\n\r\n"
    );
    let mut form = Vec::with_capacity(file.len() + head.len() + 64);
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(file);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let mut request = body::post(path, form, warnings);
    let kind = format!("multipart/related; boundary={boundary}");
    request.headers.push(("content-type", kind));
    request
}

/// The first of our boundaries that does not occur.
fn boundary(file: &[u8]) -> String {
    let mut number = 0_u64;
    loop {
        let boundary = format!("liter-llm-boundary-{number:016x}");
        if memmem::find(file, boundary.as_bytes()).is_none() {
            return boundary;
        }
        number += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_behind_what_is_said_of_it() {
        let about = serde_json::json!({"file": {"displayName": "rows"}});
        let request = post_related("/files".to_owned(), &about, b"{}\n", Vec::new());
        let (_, kind) = request.headers.first().unwrap();
        let used = kind.strip_prefix("multipart/related; boundary=").unwrap();
        let expected = format!(
            "--{used}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{about}\r\n\
             --{used}\r\ncontent-type: application/jsonl\r\n\r\n{{}}\n\r\n--{used}--\r\n"
        );
        assert_eq!(String::from_utf8(request.body).unwrap(), expected);
    }

    #[test]
    fn the_boundary_stands_nowhere_in_the_file() {
        let own = boundary(b"");
        let file = format!("{{\"text\":\"--{own}\"}}\n");
        let fields = [("purpose", "batch".to_owned())];
        let request = post("/files".to_owned(), &fields, file.as_bytes(), Vec::new());
        let (name, kind) = request.headers.first().unwrap();
        let used = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert_eq!((*name, used == own), ("content-type", false));
        let text = String::from_utf8(request.body).unwrap();
        assert_eq!(text.matches(used).count(), 3, "{text}");
        assert!(
            text.ends_with(&format!("{file}\r\n--{used}--\r\n")),
            "{text}"
        );
        assert!(
            text.contains("name=\"purpose\"\r\n\r\nbatch\r\n--"),
            "{text}"
        );
    }
}
