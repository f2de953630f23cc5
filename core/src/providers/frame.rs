//! Frames of a stream that say nothing, on every wire. Called by decoders.

/// Whether the data of a frame says nothing: none at all, an empty value, a word that keeps a
/// connection alive, or a comment that somebody on the way has wrapped in data.
#[inline]
pub(crate) fn says_nothing(data: &str) -> bool {
    !data.starts_with('{') && is_quiet(data)
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
    fn what_keeps_a_connection_alive_says_nothing() {
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
            assert!(says_nothing(quiet), "{quiet}");
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
            assert!(!says_nothing(other), "{other}");
        }
    }
}
