//! Where bytes are cut into writes, and where text is cut into tokens.

use bytes::Bytes;

use crate::action::Action;

/// Where a body is cut into writes.
pub enum Cuts {
    Every(usize),
    At(Vec<usize>),
}

/// 0 is whole.
pub fn every(bytes: usize) -> Cuts {
    Cuts::Every(if bytes == 0 { usize::MAX } else { bytes })
}

pub fn pieces(body: Bytes, cuts: &Cuts) -> Vec<Action> {
    let ends: Vec<usize> = match cuts {
        Cuts::Every(bytes) => (*bytes..body.len()).step_by(*bytes).collect(),
        Cuts::At(offsets) => offsets.clone(),
    };
    let mut rest = body;
    let mut taken = 0;
    let mut actions = Vec::new();
    for end in ends {
        if end > taken && end - taken < rest.len() {
            actions.push(Action::Body(rest.split_to(end - taken)));
            taken = end;
        }
    }
    if !rest.is_empty() {
        actions.push(Action::Body(rest));
    }
    actions
}

/// "Hello  big world" is "Hello", " ", " big", " world": nothing is lost when they are joined.
pub fn split_at_blanks(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, letter)| *letter == ' ')
            .map_or(rest.len(), |(index, _)| index);
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(cuts: Cuts) -> Vec<usize> {
        pieces(Bytes::from_static(b"abcdefgh"), &cuts)
            .iter()
            .map(|action| match action {
                Action::Body(bytes) => bytes.len(),
                _ => 0,
            })
            .collect()
    }

    #[test]
    fn a_body_is_cut_every_so_often_or_at_offsets() {
        assert_eq!(lengths(every(3)), [3, 3, 2]);
        assert_eq!(lengths(every(4)), [4, 4]);
        assert_eq!(lengths(every(0)), [8]);
        assert_eq!(lengths(Cuts::At(vec![5, 5, 7, 8, 99])), [5, 2, 1]);
    }

    #[test]
    fn tokens_join_to_the_text() {
        assert_eq!(
            split_at_blanks("Hello  big wörld"),
            ["Hello", " ", " big", " wörld"]
        );
        assert!(split_at_blanks("").is_empty());
    }
}
