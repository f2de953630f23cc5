//! Where a request goes: what a base URL may be, and the URL of a request. Pure functions of URLs;
//! nothing is looked up. A program sends most of its requests to one address, so each thread
//! remembers the last one: to parse it anew takes as long as to encode a short request.

use std::cell::RefCell;

use url::{form_urlencoded, Url};

use crate::error::{ErrorKind, LlmError};

/// Longer ones are parsed every time.
const REMEMBERED_BYTES_MAX: usize = 1024;

// In boxes: what stands in the thread's own storage has to fit when a program loads this library
// late.
thread_local! {
    static LAST_PARSED: RefCell<Option<Box<(String, Url)>>> = const { RefCell::new(None) };
    static LAST_APPENDED: RefCell<Option<Box<(Url, String, Url)>>> = const { RefCell::new(None) };
}

/// Parses a base URL.
pub(crate) fn parse(text: &str) -> Result<Url, LlmError> {
    LAST_PARSED.with_borrow_mut(|last| match last.as_deref() {
        Some((known, url)) if known == text => Ok(url.clone()),
        _ => {
            let url = parse_anew(text)?;
            if text.len() <= REMEMBERED_BYTES_MAX {
                *last = Some(Box::new((text.to_owned(), url.clone())));
            }
            Ok(url)
        }
    })
}

fn parse_anew(text: &str) -> Result<Url, LlmError> {
    // The text itself is not repeated: it may hold a password.
    let invalid_url = |reason: &str| {
        let message = format!("base_url {reason}; write https://host/path");
        LlmError::new(ErrorKind::Config, message)
    };
    let url = Url::parse(text).map_err(|error| invalid_url(&format!("is not a URL: {error}")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(invalid_url("must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid_url("must not hold a user or password"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid_url("has no host"));
    }
    Ok(url)
}

/// The provider's own address where only its host is named: so the packages of Groq, Cerebras and
/// Fireworks read GROQ_BASE_URL, CEREBRAS_BASE_URL and FIREWORKS_BASE_URL. Another host keeps the
/// path that it was given.
pub(super) fn with_own_path(base_url: Url, own: &str) -> Url {
    let is_bare = base_url.path() == "/" && base_url.query().is_none();
    // Parsed only then: this is on the way of every request.
    match is_bare.then(|| Url::parse(own)) {
        Some(Ok(own)) if own.origin() == base_url.origin() => own,
        _ => base_url,
    }
}

/// Appends a path, and of its query what the base URL does not have itself. A `..` in the path
/// takes the last segment off the base URL's own (RFC 3986, section 5.2.4).
pub(super) fn append(base_url: &Url, path: &str) -> Url {
    LAST_APPENDED.with_borrow_mut(|last| match last.as_deref() {
        Some((base, with, url)) if base == base_url && with == path => url.clone(),
        _ => {
            let url = append_anew(base_url, path);
            if url.as_str().len() + path.len() <= REMEMBERED_BYTES_MAX {
                *last = Some(Box::new((base_url.clone(), path.to_owned(), url.clone())));
            }
            url
        }
    })
}

fn append_anew(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    url.set_path(&format!("{}{path}", base_url.path().trim_end_matches('/')));
    url.set_fragment(None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if base_url.query_pairs().all(|(own, _)| own != name) {
            url.query_pairs_mut().append_pair(&name, &value);
        }
    }
    url
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_http_with_a_host_and_no_password() {
        for bad in [
            "ftp://x/v1",
            "x",
            "https://",
            "https://me:pw@host/v1",
            "https://pw@host/v1",
            "https://:pw@host/v1",
            "https://pw:@host/v1",
            "http:/pw@host",
            "file:///etc",
        ] {
            let error = parse(bad).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Config, "{bad}");
            assert!(error.message.starts_with("base_url") && !error.message.contains("pw"));
        }
        let url = parse("https://h/v1/?api-version=1").unwrap();
        assert_eq!(
            append(&url, "/chat").as_str(),
            "https://h/v1/chat?api-version=1"
        );
        assert_eq!(
            append(&parse("http://h").unwrap(), "/x").as_str(),
            "http://h/x"
        );
        let url = parse("http://h/a/v1/?x=1").unwrap();
        assert_eq!(
            append(&url, "/../api/chat").as_str(),
            "http://h/a/api/chat?x=1"
        );
    }

    #[test]
    fn the_last_address_is_remembered_and_no_other_is_taken_for_it() {
        let (one, other) = ("https://h/v1?key=a", "https://h/v1?key=b");
        for text in [one, other, one, one] {
            let url = parse(text).unwrap();
            assert_eq!(url.as_str(), text);
            for path in ["/chat", "/chat", "/models"] {
                let expected = text.replace("/v1", &format!("/v1{path}"));
                assert_eq!(append(&url, path).as_str(), expected);
            }
            assert!(parse("https://").is_err());
        }
        let long = format!("https://h/{}", "x".repeat(REMEMBERED_BYTES_MAX));
        assert_eq!(parse(&long).unwrap().as_str(), long);
        assert_eq!(parse(one).unwrap().as_str(), one);
    }
}

#[cfg(all(test, feature = "openai"))]
#[allow(clippy::unwrap_used)]
mod address_tests {
    use crate::client::environment::Environment;
    use crate::client::options::ClientOptions;
    use crate::request::{LlmRequest, Message};
    use crate::stream::prepare::resolve;
    use crate::stream::task::Task;

    /// Where a request goes, without the end of every path.
    fn address(provider: &str, base_url: &str) -> String {
        let options =
            format!(r#"{{"provider":"{provider}","base_url":"{base_url}","api_key":"test-key"}}"#);
        let options = ClientOptions::from_json(&options).unwrap();
        let request = LlmRequest::new("m", vec![Message::user("hi")]);
        let mut task = Task::Chat(Box::new(request));
        let prepared = resolve(&options, &Environment::default(), |_| None, &mut task).unwrap();
        let url = prepared.http.url.as_str();
        url.strip_suffix("/chat/completions").unwrap().to_owned()
    }

    #[test]
    fn a_providers_host_alone_stands_for_its_address() {
        let rows = [
            (
                "groq",
                "https://api.groq.com",
                "https://api.groq.com/openai/v1",
            ),
            (
                "cerebras",
                "https://api.cerebras.ai/",
                "https://api.cerebras.ai/v1",
            ),
            ("groq", "https://api.groq.com/v2", "https://api.groq.com/v2"),
            ("groq", "https://example.org", "https://example.org"),
            (
                "ollama",
                "http://localhost:11434",
                "http://localhost:11434/v1",
            ),
            ("ollama", "http://localhost:11435", "http://localhost:11435"),
        ];
        for (provider, base_url, expected) in rows {
            assert_eq!(address(provider, base_url), expected);
        }
    }
}
