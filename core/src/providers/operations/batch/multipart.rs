//! A file as `multipart/form-data` (RFC 7578). Owns a boundary that the file cannot contain; HTTP
//! adds the length.

use memchr::memmem;

use crate::providers::operations::body;
use crate::providers::EncodedRequest;

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
         filename=\"batch.jsonl\"\r\ncontent-type: application/jsonl\r\n\r\n"
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(file);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let mut request = body::post(path, form, warnings);
    let kind = format!("multipart/form-data; boundary={boundary}");
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
