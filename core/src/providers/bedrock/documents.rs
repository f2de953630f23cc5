//! The names of documents, which Bedrock requires: letters, digits, single blanks, dashes and
//! brackets, at most 200 of them (API reference, DocumentBlock), and no two alike in a request.

use std::collections::HashSet;

const CHARACTERS_MAX: usize = 200;
const DEFAULT: &str = "document";

/// The names that a request has given.
#[derive(Debug, Default)]
pub(super) struct DocumentNames(HashSet<String>);

impl DocumentNames {
    /// A name that fits, made of the file's.
    pub(super) fn name(&mut self, file: Option<&str>) -> String {
        let stem = file.map(|file| file.rsplit_once('.').map_or(file, |(stem, _)| stem));
        let fitting = fitting(stem.unwrap_or_default());
        let mut names = (1_u32..).map(|number| match number {
            1 => fitting.clone(),
            number => {
                let end = format!(" {number}");
                let room = CHARACTERS_MAX.saturating_sub(end.len());
                let begin: String = fitting.chars().take(room).collect();
                format!("{}{end}", begin.trim_end())
            }
        });
        let name = names
            .find(|name| !self.0.contains(name))
            .unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

fn fitting(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-()[]".contains(c);
    let words: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { ' ' })
        .collect();
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let name: String = words.join(" ").chars().take(CHARACTERS_MAX).collect();
    match name.trim_end() {
        "" => DEFAULT.to_owned(),
        name => name.to_owned(),
    }
}
