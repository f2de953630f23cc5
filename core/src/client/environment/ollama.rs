//! Where Ollama is, by the variable that its own server and clients read. A pure function of its
//! value; the rules are those of `Host` in Ollama's envconfig/config.go.

/// The provider whose base URL it may be, in either of its APIs.
pub(super) const PROVIDER: &str = "ollama";
pub(super) const VARIABLE: &str = "OLLAMA_HOST";

const PORT: &str = "11434";

/// The base URL of the OpenAI form, whose end the other API takes off. Scheme and port may be
/// missing, and an address to listen on is this machine.
pub(super) fn base_url(host: &str) -> String {
    let host = host.trim().trim_matches(['"', '\'']).trim();
    let (scheme, rest, default_port) = match host.split_once("://") {
        // No port is the scheme's own.
        Some((scheme, rest)) => (scheme, rest, ""),
        None if host == "ollama.com" => ("https", host, ""),
        None => ("http", host, PORT),
    };
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, port) = name_and_port(address);
    let name = match name {
        "" | "0.0.0.0" => "127.0.0.1",
        "::" | "[::]" => "[::1]",
        name => name,
    };
    let name = match name.contains(':') && !name.starts_with('[') {
        true => format!("[{name}]"),
        false => name.to_owned(),
    };
    let is_port = |port: &&str| port.parse::<u16>().is_ok();
    let port = Some(port).filter(is_port).unwrap_or(default_port);
    let colon = if port.is_empty() { "" } else { ":" };
    let path = path
        .trim_end_matches('/')
        .trim_end_matches("v1")
        .trim_end_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    format!("{scheme}://{name}{colon}{port}{slash}{path}/v1")
}

/// An IPv6 address has colons of its own, and brackets where a port follows.
fn name_and_port(address: &str) -> (&str, &str) {
    match address.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port),
        _ => (address, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_base_url() {
        for (host, expected) in [
            ("127.0.0.1", "http://127.0.0.1:11434/v1"),
            ("0.0.0.0", "http://127.0.0.1:11434/v1"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080/v1"),
            (" \"box.lan\" ", "http://box.lan:11434/v1"),
            ("box.lan:80", "http://box.lan:80/v1"),
            ("box.lan:no", "http://box.lan:11434/v1"),
            ("box.lan:", "http://box.lan:11434/v1"),
            (":8080", "http://127.0.0.1:8080/v1"),
            ("", "http://127.0.0.1:11434/v1"),
            ("http://box.lan", "http://box.lan/v1"),
            ("http://box.lan:11434/", "http://box.lan:11434/v1"),
            ("http://box.lan:11434/v1", "http://box.lan:11434/v1"),
            ("https://box.lan/gate/", "https://box.lan/gate/v1"),
            ("ollama.com", "https://ollama.com/v1"),
            ("https://ollama.com", "https://ollama.com/v1"),
            ("::", "http://[::1]:11434/v1"),
            ("[::]:8080", "http://[::1]:8080/v1"),
            ("::1", "http://[::1]:11434/v1"),
            ("[::1]", "http://[::1]:11434/v1"),
            ("fd00::7", "http://[fd00::7]:11434/v1"),
        ] {
            assert_eq!(base_url(host), expected, "{host}");
        }
    }
}
