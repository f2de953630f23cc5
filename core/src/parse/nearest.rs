//! Which names may have been meant: other spelling, other order of words, a letter too much. Pure.

/// So many names are offered at most.
const NAMES_MAX: usize = 3;

/// Longer names are not slips of the keyboard.
const NAME_BYTES_MAX: usize = 64;

/// The names that come nearest, best first.
pub(crate) fn nearest(name: &str, known: &[&'static str]) -> Vec<&'static str> {
    if name.len() > NAME_BYTES_MAX {
        return Vec::new();
    }
    let letters = letters(name);
    let words = words(name);
    // The same words in another number leave no doubt; none of the rules below would see them.
    let is_other_number = |known: &&&str| {
        has_same_words(name, known) && !self::words(known).iter().all(|it| words.contains(it))
    };
    if let Some(only) = known.iter().find(is_other_number) {
        return vec![only];
    }
    let has_long_word = words.iter().any(|word| word.len() > 3);
    let mut found: Vec<((bool, usize), &str)> = Vec::new();
    for name in known {
        let distance = changes(&letters, &self::letters(name));
        let known = self::words(name);
        let has_words = || has_long_word && words.iter().all(|word| known.contains(word));
        if distance <= letters.len() / 4 || has_words() {
            let key = (known.len() != words.len(), distance);
            let place = found.partition_point(|(before, _)| *before <= key);
            found.insert(place, (key, *name));
        }
    }
    // One that is spelled almost the same leaves no doubt.
    if let Some((_, only)) = found.iter().find(|((_, distance), _)| *distance <= 1) {
        return vec![only];
    }
    let names = found.into_iter().map(|(_, known)| known);
    names.take(NAMES_MAX).collect()
}

/// Whether both have the same words, several of them, in any order and number: `retry_max` and
/// `max_retries`.
pub(super) fn has_same_words(name: &str, known: &str) -> bool {
    let stems = |name: &str| {
        let mut stems: Vec<_> = words(name).iter().map(|word| stem(word)).collect();
        stems.sort_unstable();
        stems
    };
    let of_name = stems(name);
    of_name.len() > 1 && of_name == stems(known)
}

/// A word without the end of its plural.
fn stem(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(start) if start.len() > 1 => format!("{start}y"),
        _ => word
            .strip_suffix('s')
            .filter(|it| it.len() > 2)
            .unwrap_or(word)
            .to_owned(),
    }
}

/// Lower case, and nothing but letters and digits.
pub(super) fn letters(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The words of `snake_case`, `kebab-case` and `camelCase`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter.is_uppercase() || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// How many slips of the keyboard lie between two names; two letters that changed places are one.
pub(super) fn changes(left: &[char], right: &[char]) -> usize {
    let sorted = |letters: &[char]| {
        let mut letters = letters.to_vec();
        letters.sort_unstable();
        letters
    };
    match distance(left, right) {
        2 if left.len() == right.len() && sorted(left) == sorted(right) => 1,
        distance => distance,
    }
}

/// How many letters have to be put in, left out or changed (Levenshtein).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(right) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *cell;
            before = changed.min(*cell + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_changes() {
        let of = |left: &str, right: &str| distance(&letters(left), &letters(right));
        assert_eq!(of("", ""), 0);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("", "ab"), 2);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("Base-Url", "base_url"), 0);
        assert_eq!(of("ab", "ba"), 2);
    }

    #[test]
    fn slips_find_the_name_that_was_meant() {
        let known = [
            "base_url",
            "retries_max",
            "idle_timeout_ms",
            "total_timeout_ms",
            "lenient",
            "proxy",
        ];
        let of = |name: &str| nearest(name, &known);
        assert_eq!(of("baseUrl"), ["base_url"]);
        assert_eq!(of("max_retries"), ["retries_max"]);
        assert_eq!(of("maxRetries"), ["retries_max"]);
        assert_eq!(of("retry_max"), ["retries_max"]);
        assert_eq!(of("idle_timeouts_ms"), ["idle_timeout_ms"]);
        assert_eq!(of("idle_timout_ms"), ["idle_timeout_ms"]);
        assert_eq!(of("timeout"), ["idle_timeout_ms", "total_timeout_ms"]);
        assert_eq!(of("idle_timeout"), ["idle_timeout_ms"]);
        assert_eq!(of("proxies"), Vec::<&str>::new());
        assert_eq!(of("ms"), Vec::<&str>::new());
        assert_eq!(of(""), Vec::<&str>::new());
        assert_eq!(of(&"base_url".repeat(9)), Vec::<&str>::new());
    }
}
