//! What servers send only to keep a connection alive, on every wire: words and comments in frames,
//! and before a whole response.

/// Whether the data of a frame is not an event: none at all, an empty value, a word that keeps a
/// connection alive, or a comment that a proxy on the way has wrapped in data.
#[inline]
pub(crate) fn is_ping(data: &str) -> bool {
    !data.starts_with('{') && is_quiet(data)
}

/// A whole response without what stands before it: a byte order mark, blank lines, and comments
/// that kept the connection alive.
pub(crate) fn strip_pings(text: &str) -> &str {
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    while rest.starts_with(':') {
        rest = rest
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start();
    }
    rest
}

fn is_quiet(data: &str) -> bool {
    const WORDS: &[&str] = &[
        "",
        "ping",
        "pong",
        "heartbeat",
        "keepalive",
        "keep-alive",
        "null",
    ];
    let word = data.trim_matches('"');
    data.starts_with(':') || WORDS.iter().any(|quiet| word.eq_ignore_ascii_case(quiet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_connection_alive_is_keep_alive() {
        for quiet in [
            "",
            ":",
            ": PROCESSING",
            "ping",
            "PING",
            "\"\"",
            "\"ping\"",
            "null",
        ] {
            assert!(is_ping(quiet), "{quiet}");
        }
        for other in [
            "{}",
            "{\"a\":1}",
            "[DONE]",
            "[]",
            "Error: too many requests",
            "7",
            "pings",
        ] {
            assert!(!is_ping(other), "{other}");
        }
    }

    #[test]
    fn a_document_begins_behind_what_kept_the_connection_alive() {
        for text in [
            "{}",
            "\u{feff}{}\n",
            "\n\n {}",
            ": x\n\n{}",
            ":\r\n: y\r\n{}",
        ] {
            assert_eq!(strip_pings(text), "{}", "{text:?}");
        }
        assert_eq!((strip_pings(": x"), strip_pings("")), ("", ""));
    }
}
