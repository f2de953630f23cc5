//! Whether a chunk belongs to the response that is being decoded. Owns the ids of its chunks: they
//! stay the same, but for servers that make up one per chunk.

/// The id of the response, and what was learned about it.
#[derive(Debug, Default)]
pub(super) struct ResponseId {
    id: String,
    /// Two chunks in a row had it.
    is_steady: bool,
    /// This server changes it from chunk to chunk.
    varies: bool,
}

impl ResponseId {
    /// Whether this is the id that every chunk had of late, as it is with nearly every chunk.
    #[inline]
    pub(super) fn stays(&self, id: &str) -> bool {
        self.is_steady && id == self.id
    }

    /// Takes the id of the next chunk. True where it begins another response: something came
    /// under an id that stayed, or the chunk `opens` a message as only a first one does.
    pub(super) fn is_another(&mut self, id: &str, opens: bool, has_begun: bool) -> bool {
        if id == self.id {
            self.is_steady = true;
            self.varies = false;
            return false;
        }
        let is_first = self.id.is_empty();
        if !is_first && has_begun && (self.is_steady || (opens && !self.varies)) {
            return true;
        }
        self.varies = !is_first;
        self.is_steady = false;
        id.clone_into(&mut self.id);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chunks by id; a capital opens a message. Content comes with every chunk but `-`.
    fn another(chunks: &[&str]) -> bool {
        let mut response_id = ResponseId::default();
        let mut has_begun = false;
        chunks.iter().any(|chunk| {
            let id = chunk.trim_end_matches('-').to_ascii_lowercase();
            let opens = chunk.starts_with(|c: char| c.is_ascii_uppercase());
            let is_another = response_id.is_another(&id, opens, has_begun);
            has_begun |= !chunk.ends_with('-');
            is_another
        })
    }

    #[test]
    fn a_second_response_differs_from_ids_that_change_in_every_chunk() {
        for healthy in [
            &["A-", "a", "a"][..],
            &["A-", "b", "c", "d"],
            &["A-", "B", "C", "D"],
            &["a", "b", "c"],
            &["A", "A", "A"],
            // Another response before any content repeats nothing.
            &["A-", "a-", "B-", "b", "b"],
        ] {
            assert!(!another(healthy), "{healthy:?}");
        }
        for mixed in [
            &["A-", "a", "B-"][..],
            &["A-", "a", "b"],
            &["A", "B"],
            &["A", "a", "a", "B-", "b"],
            &["A-", "B-", "b", "C"],
        ] {
            assert!(another(mixed), "{mixed:?}");
        }
    }
}
