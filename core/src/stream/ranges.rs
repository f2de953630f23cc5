//! Ranges of the inputs of a call, and what is between them. Pure.

use std::ops::Range;

/// Ranges in order, those that touch as one.
pub(super) fn joined(ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => joined.push(range.clone()),
        }
    }
    joined
}

/// What is between ranges in order, up to this end.
pub(super) fn others(ranges: &[Range<usize>], end: usize) -> Vec<Range<usize>> {
    let starts = std::iter::once(0).chain(ranges.iter().map(|range| range.end));
    let ends = ranges.iter().map(|range| range.start).chain([end]);
    let between = starts.zip(ends).map(|(start, end)| start..end);
    between.filter(|range| !range.is_empty()).collect()
}

pub(super) fn pairs(ranges: &[Range<usize>]) -> Vec<[u64; 2]> {
    let pairs = ranges
        .iter()
        .map(|range| [range.start as u64, range.end as u64]);
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_one_and_the_others_are_between() {
        let finished = joined(&[0..2, 2..5, 7..8]);
        assert_eq!(finished, [0..5, 7..8]);
        assert_eq!(others(&finished, 10), [5..7, 8..10]);
        assert_eq!(pairs(&others(&[], 3)), [[0, 3]]);
        assert_eq!(others(&finished[..1], 5), Vec::<Range<usize>>::new());
        assert_eq!(pairs(&finished), [[0, 5], [7, 8]]);
    }
}
