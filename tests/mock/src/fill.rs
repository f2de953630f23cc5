//! The holes of a status response and its headers: `{{api_key}}`, `{{key}}`, `{{path}}`, `{{port}}`
//! and `{{date+SECONDS}}`. Unknown holes stay as they are.

use std::time::{Duration, SystemTime};

use crate::request::Request;

pub fn fill(text: &str, request: &Request) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) => {
                filled.push_str(&value(name, request));
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str, request: &Request) -> String {
    match name {
        "api_key" => api_key(&request.headers).to_owned(),
        "key" => request.key.clone(),
        "path" => request.path.clone(),
        "port" => request.port.to_string(),
        _ => match name.strip_prefix("date+").map(str::parse) {
            Some(Ok(seconds)) => {
                httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds))
            }
            _ => format!("{{{{{name}}}}}"),
        },
    }
}

/// The key as any provider accepts it: a bearer token, or a header of the provider's own.
fn api_key(headers: &[(String, String)]) -> &str {
    let find = |wanted: &str| {
        let found = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let bearer = find("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
    let own = ["x-api-key", "api-key", "x-goog-api-key"];
    let own = || own.iter().find_map(|name| find(name));
    bearer.or_else(own).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Holes;

    #[test]
    fn known_holes_are_filled() {
        let request = Request {
            method: "POST".into(),
            path: "/k/v1/chat".into(),
            key: "k".into(),
            port: 81,
            headers: vec![("Authorization".into(), "Bearer secret".into())],
            body: serde_json::Value::Null,
            holes: Holes::default(),
        };

        let text = fill(
            "{{key}} {{path}} {{port}} {{api_key}} {{other}} {{",
            &request,
        );

        assert_eq!(text, "k /k/v1/chat 81 secret {{other}} {{");
        assert!(fill("{{date+2}}", &request).ends_with(" GMT"));
    }
}
