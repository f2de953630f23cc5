//! AWS's shared files, `~/.aws/credentials` and `~/.aws/config`: sections of settings, read within
//! bounds. Owns their grammar (AWS SDKs and Tools Reference Guide, "Shared config and credentials
//! files"); a file that is missing, too large or not UTF-8 has no sections.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

/// No file of a person's is larger.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
const SECTIONS_MAX: usize = 10_000;

/// One section; its values may be secrets.
#[derive(Clone)]
pub(super) struct Section {
    pub(super) name: String,
    settings: Vec<(String, SecretString)>,
}

impl Section {
    /// The value of a setting; the last one holds.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut settings = self.settings.iter().rev();
        let (_, value) = settings.find(|(own, _)| own == name)?;
        Some(value.expose_secret().to_owned()).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Section").finish_non_exhaustive()
    }
}

pub(super) fn read(path: Option<&Path>) -> Vec<Section> {
    let mut text = String::new();
    let Some(Ok(file)) = path.map(File::open) else {
        return Vec::new();
    };
    match file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text) {
        Ok(bytes) if bytes as u64 <= FILE_BYTES_MAX => parse(&text),
        Ok(_) | Err(_) => Vec::new(),
    }
}

fn parse(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        // An indented line belongs to the setting before it.
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let Some((name, _)) = name.split_once(']') else {
                continue;
            };
            if sections.len() == SECTIONS_MAX {
                break;
            }
            let words: Vec<&str> = name.split_whitespace().collect();
            sections.push(Section {
                name: words.join(" ").replace('"', ""),
                settings: Vec::new(),
            });
            continue;
        }
        if let (Some(section), Some((name, value)), false) =
            (sections.last_mut(), line.split_once('='), is_nested)
        {
            let value = without_comment(value.trim());
            let name = name.trim().to_ascii_lowercase();
            section.settings.push((name, SecretString::from(value)));
        }
    }
    sections
}

/// A comment behind a value begins with a blank.
fn without_comment(value: &str) -> &str {
    let comment = value.find(" #").or_else(|| value.find(" ;"));
    let value = comment.and_then(|at| value.get(..at)).unwrap_or(value);
    value.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hold_their_settings_and_nothing_else() {
        let text = "\u{feff}# mine\r\nlost = 1\n[default]\r\naws_access_key_id = AKID # note\r\n\
                    AWS_SECRET_ACCESS_KEY=se=cr;et#x\nregion =\n; gone = 1\n[ profile  dev ]\n\
                    s3 =\n  region = nested\nregion = eu-west-1\nregion = eu-west-2\n[broken\n\
                    [\"quoted\"]\nx = \n";
        let sections = parse(text);
        let seen: Vec<_> = sections
            .iter()
            .map(|one| {
                let names = [
                    "aws_access_key_id",
                    "aws_secret_access_key",
                    "region",
                    "lost",
                ];
                (one.name.as_str(), names.map(|name| one.get(name)))
            })
            .collect();
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            ("default", [text("AKID"), text("se=cr;et#x"), None, None]),
            ("profile dev", [None, None, text("eu-west-2"), None]),
            ("quoted", [None, None, None, None]),
        ];
        assert_eq!(seen, expected);
        assert!(!format!("{sections:?}").contains("AKID"));
    }

    #[test]
    fn what_cannot_be_read_has_no_sections() {
        assert!(read(None).is_empty());
        assert!(read(Some(Path::new("/nonexistent/credentials"))).is_empty());
        assert!(read(Some(Path::new("/"))).is_empty());
        assert!(read(Some(Path::new("/dev/zero"))).is_empty());
    }
}
